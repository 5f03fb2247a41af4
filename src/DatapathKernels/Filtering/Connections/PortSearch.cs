using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Which tuple a translation gives a connection, as <c>get_unique_tuple</c> of nf_nat chooses it: the port stays when it may and
/// the answer's tuple is free; else ports are tried from a drawn one on, in rounds of 128, 64, 32 and 16.
/// </summary>
internal static class PortSearch
{
    private const int MostAttempts = 128, LeastAttempts = 16;

    /// <summary>The tuple of the connection's packets behind the translation, from the tuple before it.</summary>
    public static FlowKeyV6 Choose(ConnectionTable table, in FlowKeyV6 tuple, in NatBinding binding, bool destination, bool ipv4, long nowMs)
    {
        IPv6Address address = binding.HasAddress ? ConnectionKeys.FromWire(ipv4, binding.Address) : destination ? tuple.Destination : tuple.Source;
        ushort portBe = destination ? tuple.DestinationPortBe : tuple.SourcePortBe;
        FlowKeyV6 candidate = With(tuple, address, portBe, destination);
        bool random = (binding.Flags & (NatFlags.Random | NatFlags.RandomFully)) != 0 && !destination;
        ushort port = Swap(portBe);
        if (!random && !binding.HasPort && IsFree(table, candidate, nowMs))
            return candidate;
        if (!random && binding.HasPort && port >= binding.Port && port <= binding.HighPort && (binding.Port == binding.HighPort || IsFree(table, candidate, nowMs)))
            return candidate;
        return TryRange(tuple, binding, destination, port, out int first, out int size) ? Search(table, candidate, destination, first, size, nowMs) : candidate;
    }

    /// <summary>The ports to search. Without a range: a destination port never changes, a source port stays in its class.</summary>
    private static bool TryRange(in FlowKeyV6 tuple, in NatBinding binding, bool destination, ushort port, out int first, out int size)
    {
        (first, size) = (binding.Port, binding.HighPort - binding.Port + 1);
        bool icmp = tuple.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (!icmp && tuple.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp))
            return false;
        if (binding.HasPort)
            return true;
        if (icmp)
            (first, size) = (0, 65536);
        else if (destination)
            return false;
        else
            (first, size) = port < 512 ? (1, 511) : port < 1024 ? (600, 424) : (1024, 64512);
        return true;
    }

    private static FlowKeyV6 Search(ConnectionTable table, in FlowKeyV6 start, bool destination, int first, int size, long nowMs)
    {
        FlowKeyV6 candidate = start;
        bool icmp = start.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        for (int attempts = Math.Min(size, MostAttempts); ; attempts /= 2)
        {
            uint offset = (ushort)table.Ports.Next();
            for (int i = 0; i < attempts; i++, offset++)
            {
                ushort portBe = Swap((ushort)(first + (int)(offset % (uint)size)));
                candidate = With(start, destination ? start.Destination : start.Source, portBe, destination && !icmp);
                if (destination && icmp)
                    candidate = ConnectionKeys.WithSource(start, start.Source, portBe);
                if (IsFree(table, candidate, nowMs))
                    return candidate;
            }

            if (attempts >= size || attempts < LeastAttempts)
                return candidate;
        }
    }

    private static bool IsFree(ConnectionTable table, in FlowKeyV6 tuple, long nowMs) =>
        ConnectionKeys.TryInvert(tuple, out FlowKeyV6 reply) && table.Find(reply, nowMs, out _) is null;

    private static FlowKeyV6 With(in FlowKeyV6 tuple, in IPv6Address address, ushort portBe, bool destination) => destination
        ? ConnectionKeys.WithDestination(tuple, address, portBe)
        : ConnectionKeys.WithSource(tuple, address, portBe);

    private static ushort Swap(ushort value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
}
