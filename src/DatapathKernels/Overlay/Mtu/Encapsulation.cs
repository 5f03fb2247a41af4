namespace DatapathKernels.Overlay;

/// <summary>One layer of encapsulation, as it bears on the size of packets.</summary>
/// <param name="Kind">Which.</param>
/// <param name="OverIpv6">Its outer IP header is IPv6's 40 bytes, not IPv4's 20.</param>
/// <param name="OptionBytes">Options of its tunnel header, bytes: a multiple of 4, up to 252.</param>
/// <param name="InnerVlanTags">802.1Q tags kept in the inner Ethernet header, where there is one.</param>
public readonly record struct Encapsulation(EncapsulationKind Kind, bool OverIpv6 = false, int OptionBytes = 0, int InnerVlanTags = 0);
