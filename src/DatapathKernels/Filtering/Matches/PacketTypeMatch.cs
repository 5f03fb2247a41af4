namespace DatapathKernels.Filtering;

/// <summary><c>-m pkttype</c>: whom the link layer addressed the packet to (<see cref="PacketMeta.Type"/>).</summary>
/// <param name="Type">To this node, to all or to a group.</param>
/// <param name="Negated">True for <c>! --pkt-type</c>.</param>
public sealed record PacketTypeMatch(PacketType Type, bool Negated = false) : RuleMatch;
