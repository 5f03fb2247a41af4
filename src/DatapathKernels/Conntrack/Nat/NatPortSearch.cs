using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Which port a translation gives a connection when it may not keep its own: <c>nf_nat_l4proto_unique_tuple</c>. Ports are tried
/// one after the other, 128 at most, then 64, 32, 16 and 8 from others that are drawn: never more than 248. Where the first round begins is
/// drawn too, but for a destination that has a range and did not ask for it: that one fills its range from the front.
/// </summary>
public static class NatPortSearch
{
    private const int MostAttempts = 128, LeastAttempts = 16;

    /// <summary>Chooses a port.</summary>
    /// <param name="protocol">The protocol; one without ports keeps what it has.</param>
    /// <param name="destination">True for the destination, which without a range keeps its port.</param>
    /// <param name="port">The packet's own port or identifier, host order.</param>
    /// <param name="range">What may be chosen.</param>
    /// <param name="isRandom">True when the port is to be drawn (<c>--random</c>, <c>--random-fully</c>: one and the same here since Linux 5.0).</param>
    /// <param name="ports">The connections there are, and the draws.</param>
    /// <param name="isFree">
    /// True when the port chosen is free; false when the search gave up (or there was nothing to search) with this one, which may be taken:
    /// the kernel then drops the packet when it would confirm the connection.
    /// </param>
    public static ushort Choose<TPorts>(IpProtocol protocol, bool destination, ushort port, in NatPortRange range, bool isRandom, ref TPorts ports, out bool isFree)
        where TPorts : struct, INatPorts
    {
        isFree = false;
        if (!TryRange(protocol, destination, port, range, out int first, out int size))
            return port;
        ushort offset = range.HasBase ? (ushort)(port - range.Base) : destination && !isRandom ? (ushort)0 : ports.Random();
        ushort candidate = port;
        for (int attempts = Math.Min(size, MostAttempts); ; attempts /= 2, offset = ports.Random())
        {
            for (int i = 0; i < attempts && !isFree; i++, offset++)
            {
                candidate = (ushort)(first + (offset % size));
                isFree = ports.IsFree(candidate);
            }

            if (isFree || attempts >= size || attempts < LeastAttempts)
                return candidate;
        }
    }

    /// <summary>True for protocols whose port, or ICMP's identifier, a translation may change.</summary>
    internal static bool HasPorts(IpProtocol protocol) => protocol is IpProtocol.Icmp or IpProtocol.IcmpV6
        or IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp;

    /// <summary>Without a range, a source port stays in its class: privileged, almost privileged, or neither.</summary>
    private static bool TryRange(IpProtocol protocol, bool destination, ushort port, in NatPortRange range, out int first, out int size)
    {
        (first, size) = range.First <= range.Last ? (range.First, range.Last - range.First + 1) : (range.Last, range.First - range.Last + 1);
        bool icmp = protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (!HasPorts(protocol))
            return false;
        if (range.IsGiven)
            return true;
        if (icmp)
            (first, size) = (0, 65536);
        else if (!destination)
            (first, size) = port < 512 ? (1, 511) : port < 1024 ? (600, 424) : (1024, 64512);
        return icmp || !destination;
    }
}
