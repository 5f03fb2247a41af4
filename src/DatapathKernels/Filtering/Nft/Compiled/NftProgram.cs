namespace DatapathKernels.Filtering.Nft;

/// <summary>A ruleset as compiled for one family.</summary>
internal sealed class NftProgram
{
    public required IpFamily Family { get; init; }

    /// <summary>The steps of every rule of every chain.</summary>
    public required NftOp[] Ops { get; init; }

    public required (NftTable Table, NftChain Chain)[] Chains { get; init; }

    public required Dictionary<(NftTable Table, string Chain), int> ChainNumbers { get; init; }

    /// <summary>The first step of each chain.</summary>
    public required int[] Starts { get; init; }

    /// <summary>The number of each chain's first rule.</summary>
    public required int[] FirstRules { get; init; }

    public required NftRule[] Rules { get; init; }

    public required NftSetPlan[] Sets { get; init; }

    public required NftLookup[] Lookups { get; init; }

    public required NftNumbers[] Numbers { get; init; }

    public required (UInt128 Low, UInt128 High)[] WideRanges { get; init; }

    public required Translation[] Translations { get; init; }

    public required NftCounter[] Counters { get; init; }

    /// <summary>By hook, in the order they run.</summary>
    public required NftBaseChain[][] Hooks { get; init; }

    public bool HasNat
    {
        get
        {
            foreach (NftBaseChain[] chains in Hooks)
            {
                if (Array.Exists(chains, chain => chain.IsNat))
                    return true;
            }

            return false;
        }
    }
}
