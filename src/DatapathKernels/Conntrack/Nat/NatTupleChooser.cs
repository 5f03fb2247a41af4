using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Which tuple a translation gives a connection (<c>get_unique_tuple</c> of nf_nat): the source keeps the mapping it has towards others; the port stays when it may
/// and the answer's tuple is free; else one is searched by <see cref="NatPortSearch"/>.
/// </summary>
internal static class NatTupleChooser
{
    /// <summary>The tuple of the connection's packets behind the translation, from the tuple before it.</summary>
    /// <param name="table">The connections there are.</param>
    /// <param name="tuple">The tuple before.</param>
    /// <param name="choice">What is wanted.</param>
    /// <param name="destination">True when the destination is translated.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="isFree">False when no port was free: the connection will not be confirmed.</param>
    public static FlowKeyV6 Choose(ConntrackTable table, in FlowKeyV6 tuple, in NatChoice choice, bool destination, long nowMs, out bool isFree)
    {
        isFree = true;
        bool random = choice.IsRandom && !destination;
        if (!destination && !random && choice.HasAddress && table.TryReuseMapping(tuple, choice, nowMs, out FlowKeyV6 reused))
            return reused;
        IPv6Address address = choice.HasAddress ? choice.Address : destination ? tuple.Destination : tuple.Source;
        ushort portBe = destination ? tuple.DestinationPortBe : tuple.SourcePortBe;
        FlowKeyV6 candidate = With(tuple, address, portBe, destination);
        if (!random && Keeps(table, candidate, BinaryPrimitives.ReverseEndianness(portBe), choice.Ports, destination, nowMs))
            return candidate;

        // ICMP's identifier stands with the source, whichever side is translated.
        bool atDestination = destination && tuple.Protocol is not (IpProtocol.Icmp or IpProtocol.IcmpV6);
        Ports ports = new(table, candidate, atDestination, nowMs);
        ushort chosen = NatPortSearch.Choose(tuple.Protocol, destination, BinaryPrimitives.ReverseEndianness(portBe), choice.Ports, ref ports, out isFree);
        return WithPort(candidate, chosen, atDestination);
    }

    /// <summary>A port in a range of one stays even when it is taken: there is no other.</summary>
    private static bool Keeps(ConntrackTable table, in FlowKeyV6 candidate, ushort port, in NatPortRange range, bool destination, long nowMs)
    {
        if (!range.IsGiven)
            return table.IsAnswerFree(candidate, nowMs, anywhere: destination);
        return !range.HasBase && port >= range.First && port <= range.Last && (range.First == range.Last || table.IsAnswerFree(candidate, nowMs, anywhere: destination));
    }

    private static FlowKeyV6 WithPort(in FlowKeyV6 tuple, ushort port, bool destination) =>
        With(tuple, destination ? tuple.Destination : tuple.Source, BinaryPrimitives.ReverseEndianness(port), destination);

    private static FlowKeyV6 With(in FlowKeyV6 tuple, in IPv6Address address, ushort portBe, bool destination) => destination
        ? ConnectionKeys.WithDestination(tuple, address, portBe)
        : ConnectionKeys.WithSource(tuple, address, portBe);

    /// <summary>A candidate with another port, asked of the table.</summary>
    private readonly struct Ports(ConntrackTable table, FlowKeyV6 candidate, bool destination, long nowMs) : INatPorts
    {
        public bool IsFree(ushort port) => table.IsAnswerFree(WithPort(candidate, port, destination), nowMs, anywhere: destination);

        public ushort Random() => table.DrawPort();
    }
}
