namespace DatapathKernels.Filtering;

/// <summary><c>-m set --match-set</c>: whether the packet's entry is in an <see cref="IpSet"/>.</summary>
/// <param name="Name">The set, one of <see cref="MatcherOptions.Sets"/>. Where it is not there, the match counts as unknown.</param>
/// <param name="Directions">The side of each part.</param>
/// <param name="ReturnNoMatch"><c>--return-nomatch</c>: in a set of networks matches what an exception holds, and nothing else.</param>
/// <param name="Negated">True for <c>! --match-set</c>.</param>
public sealed record SetMatch(string Name, IpSetDirections Directions, bool ReturnNoMatch = false, bool Negated = false) : RuleMatch;
