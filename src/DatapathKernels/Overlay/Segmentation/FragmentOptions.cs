namespace DatapathKernels.Overlay;

/// <summary>How to cut a datagram into IP fragments.</summary>
/// <param name="Mtu">The path MTU: the most bytes of a fragment, from its IP header on.</param>
/// <param name="OverrideDontFragment">Fragment an IPv4 datagram with DF set all the same, clearing it (the kernel's <c>ignore_df</c>).</param>
/// <param name="IsSender">
/// The datagram leaves the host that made it: only there may IPv6 be fragmented (RFC 8200, section 4.5). A tunnel endpoint is the
/// sender of its outer packets.
/// </param>
/// <param name="Id">IPv6: the identification of the fragment headers. IPv4 has its own.</param>
/// <param name="Headroom">Bytes to leave free before each frame.</param>
public readonly record struct FragmentOptions(int Mtu, bool OverrideDontFragment = false, bool IsSender = false, uint Id = 0, int Headroom = 0);
