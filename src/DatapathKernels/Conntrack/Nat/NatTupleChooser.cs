using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Which tuple a translation gives a connection (<c>get_unique_tuple</c> of nf_nat): a source that is as wanted stays; another takes the mapping it has towards
/// others; the port stays when it may and the answer's tuple is free; else one is searched by <see cref="NatPortSearch"/>.
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
        if (!destination && !choice.IsRandom)
        {
            bool fits = Fits(tuple, choice);
            if (fits && table.IsAnswerFree(tuple, nowMs))
                return tuple;
            if (!fits && table.TryReuseMapping(tuple, choice, nowMs, out FlowKeyV6 reused))
                return reused;
        }

        IPv6Address address = choice.HasAddress ? choice.Address : destination ? tuple.Destination : tuple.Source;
        ushort portBe = destination ? tuple.DestinationPortBe : tuple.SourcePortBe;
        FlowKeyV6 candidate = With(tuple, address, portBe, destination);
        if (!choice.IsRandom && Keeps(table, candidate, BinaryPrimitives.ReverseEndianness(portBe), choice.Ports, destination, nowMs))
            return candidate;

        // ICMP's identifier stands with the source, whichever side is translated.
        bool atDestination = destination && tuple.Protocol is not (IpProtocol.Icmp or IpProtocol.IcmpV6);
        Ports ports = new(table, candidate, atDestination, nowMs);
        ushort chosen = NatPortSearch.Choose(tuple.Protocol, destination, BinaryPrimitives.ReverseEndianness(portBe), choice.Ports, choice.IsRandom, ref ports, out isFree);
        FlowKeyV6 found = WithPort(candidate, chosen, atDestination);

        // Where there was nothing to search, a random port was asked of a protocol that has none, say.
        isFree = isFree || (choice.IsRandom && table.IsAnswerFree(found, nowMs, anywhere: destination));
        return found;
    }

    /// <summary>True when the source is already one that the choice would give (<c>in_range</c>). A range of ports the wrong way round holds none here.</summary>
    internal static bool Fits(in FlowKeyV6 tuple, in NatChoice choice)
    {
        if (choice.HasAddress && !(choice.Addresses.IsGiven ? choice.Addresses.Holds(tuple.Source) : tuple.Source == choice.Address))
            return false;
        return !choice.Ports.IsGiven || !NatPortSearch.HasPorts(tuple.Protocol) || (tuple.SourcePort >= choice.Ports.First && tuple.SourcePort <= choice.Ports.Last);
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
