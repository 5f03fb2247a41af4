namespace DatapathKernels.Filtering.Nft;

/// <summary>A set as compiled.</summary>
internal sealed class NftSetPlan
{
    public required NftSet Set { get; init; }

    /// <summary>Its number in the keys, below 2^32.</summary>
    public required int Number { get; init; }

    public required NftKeyLayout Layout { get; init; }

    /// <summary>True when rules change it or its elements expire: they are in the dynamic tables.</summary>
    public required bool IsDynamic { get; init; }

    /// <summary>Its elements that are ranges; null when there are none.</summary>
    public NftRanges? Ranges { get; set; }
}
