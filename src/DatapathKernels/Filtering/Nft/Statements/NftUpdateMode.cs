namespace DatapathKernels.Filtering.Nft;

/// <summary>How a rule changes a set.</summary>
public enum NftUpdateMode : byte
{
    /// <summary><c>add</c>: an element that is there stays as it is.</summary>
    Add,

    /// <summary><c>update</c>: an element that is there lives anew.</summary>
    Update,

    /// <summary><c>delete</c>.</summary>
    Delete,
}
