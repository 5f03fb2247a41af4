namespace DatapathKernels.Packets;

/// <summary>What differs between the makers of ICMP errors: how much they quote, and their IP header.</summary>
/// <param name="MostBytes">The largest error, bytes from its IP header on: 576 over IPv4 (RFC 1812), 1,280 over IPv6 (RFC 4443).</param>
/// <param name="Tos">IPv4 type of service.</param>
/// <param name="HopLimit">Time to live, or hop limit.</param>
/// <param name="DontFragment">IPv4: set DF.</param>
/// <param name="Id">IPv4 identification.</param>
public readonly record struct IcmpErrorShape(int MostBytes, byte Tos = 0, byte HopLimit = 64, bool DontFragment = false, ushort Id = 0);
