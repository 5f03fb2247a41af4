namespace DatapathKernels.Filtering;

/// <summary><c>-m iprange</c>: addresses in a range that need not be a network.</summary>
/// <param name="Source"><c>--src-range</c>; null when absent.</param>
/// <param name="SourceNegated">True for <c>! --src-range</c>.</param>
/// <param name="Destination"><c>--dst-range</c>; null when absent.</param>
/// <param name="DestinationNegated">True for <c>! --dst-range</c>.</param>
public sealed record IpRangeMatch(IpAddressRange? Source, bool SourceNegated, IpAddressRange? Destination, bool DestinationNegated) : RuleMatch;
