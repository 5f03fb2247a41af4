using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-m mac</c>: the source of the Ethernet header. A frame without one fits neither the test nor its negation. Only for
/// packets that arrived: the kernel refuses it in chains that OUTPUT or POSTROUTING reach.
/// </summary>
/// <param name="Source">The address.</param>
/// <param name="Negated">True for <c>! --mac-source</c>.</param>
public sealed record MacMatch(MacAddress Source, bool Negated = false) : RuleMatch;
