namespace DatapathKernels.Filtering.Nft;

/// <summary>A verdict at the end of a rule: <c>accept</c>, <c>drop</c>, <c>return</c>, <c>jump</c>, <c>goto</c>.</summary>
/// <param name="Verdict">Which.</param>
public sealed record NftVerdictStatement(NftVerdict Verdict) : NftStatement;
