namespace DatapathKernels.Filtering;

/// <summary><c>-m addrtype</c>: what the node's routing says about an address.</summary>
/// <param name="Source"><c>--src-type</c>; none when absent.</param>
/// <param name="SourceNegated">True for <c>! --src-type</c>.</param>
/// <param name="Destination"><c>--dst-type</c>; none when absent.</param>
/// <param name="DestinationNegated">True for <c>! --dst-type</c>.</param>
public sealed record AddressTypeMatch(AddressTypes Source, bool SourceNegated, AddressTypes Destination, bool DestinationNegated) : RuleMatch;
