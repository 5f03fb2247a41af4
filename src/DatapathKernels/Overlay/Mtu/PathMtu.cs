namespace DatapathKernels.Overlay;

/// <summary>What is known of the path to a remote.</summary>
/// <param name="Bytes">The path MTU, bytes from the IP header on.</param>
/// <param name="Locked">
/// The path is narrower than Linux believes in (<c>ip_rt_min_pmtu</c>), so <paramref name="Bytes"/> is that floor and packets must
/// go without DF, to be fragmented on their way.
/// </param>
/// <param name="ExpiresMs">When it is forgotten, milliseconds on the caller's clock.</param>
public readonly record struct PathMtu(int Bytes, bool Locked, long ExpiresMs);
