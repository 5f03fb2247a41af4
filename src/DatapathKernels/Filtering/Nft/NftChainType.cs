namespace DatapathKernels.Filtering.Nft;

/// <summary>The types of base chains.</summary>
public enum NftChainType : byte
{
    /// <summary><c>filter</c>: sees every packet.</summary>
    Filter,

    /// <summary><c>nat</c>: sees the first packet of a connection, and only while that hook's side has no translation.</summary>
    Nat,

    /// <summary><c>route</c>: sees every packet at the output hook; routing is asked again when it changed one. Here as <see cref="Filter"/>.</summary>
    Route,
}
