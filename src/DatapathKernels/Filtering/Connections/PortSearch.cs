using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Which tuple a translation gives a connection, as <c>get_unique_tuple</c> of nf_nat chooses it: the port stays when it may and
/// the answer's tuple is free; else ports are tried from a drawn one on, in rounds of 128, 64, 32 and 16.
/// </summary>
internal static class PortSearch
{
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

        // ICMP's identifier stands with the source, whichever side is translated.
        bool atDestination = destination && tuple.Protocol is not (IpProtocol.Icmp or IpProtocol.IcmpV6);
        Ports ports = new(table, candidate, atDestination, nowMs);
        ushort chosen = NatPortSearch.Choose(tuple.Protocol, destination, port, new NatPortRange(binding.HasPort, binding.Port, binding.HighPort), ref ports, out _);
        return With(candidate, atDestination ? candidate.Destination : candidate.Source, Swap(chosen), atDestination);
    }

    private static bool IsFree(ConnectionTable table, in FlowKeyV6 tuple, long nowMs) =>
        ConnectionKeys.TryInvert(tuple, out FlowKeyV6 reply) && table.Find(reply, nowMs, out _) is null;

    private static FlowKeyV6 With(in FlowKeyV6 tuple, in IPv6Address address, ushort portBe, bool destination) => destination
        ? ConnectionKeys.WithDestination(tuple, address, portBe)
        : ConnectionKeys.WithSource(tuple, address, portBe);

    private static ushort Swap(ushort value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    /// <summary>A candidate with another port, asked of the table.</summary>
    private readonly struct Ports(ConnectionTable table, FlowKeyV6 candidate, bool destination, long nowMs) : INatPorts
    {
        public bool IsFree(ushort port) =>
            PortSearch.IsFree(table, With(candidate, destination ? candidate.Destination : candidate.Source, Swap(port), destination), nowMs);

        public ushort Random() => (ushort)table.Ports.Next();
    }
}
