namespace DatapathKernels.Filtering.Nft;

/// <summary>One statement of a rule.</summary>
public abstract record NftStatement;
