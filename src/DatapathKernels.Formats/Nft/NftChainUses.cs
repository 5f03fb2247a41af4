using System.Runtime.InteropServices;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>How often the rules and elements of a table lead to each chain: one that is still led to cannot be deleted.</summary>
internal sealed class NftChainUses
{
    private readonly Dictionary<string, int> _uses = [];

    /// <summary>Counts all there are.</summary>
    public NftChainUses(NftTable table)
    {
        foreach (NftRule rule in table.Chains.SelectMany(chain => chain.Rules))
            Count(rule, 1);
        foreach (NftElement element in table.Sets.SelectMany(set => set.Elements))
            Count(element, 1);
    }

    /// <summary>How often a chain is led to.</summary>
    public int Of(string chain) => _uses.GetValueOrDefault(chain);

    /// <summary>A rule comes (1) or goes (-1).</summary>
    public void Count(NftRule rule, int by)
    {
        foreach (string chain in NftReferences.ChainsOf(rule))
            CollectionsMarshal.GetValueRefOrAddDefault(_uses, chain, out _) += by;
    }

    /// <summary>An element comes (1) or goes (-1).</summary>
    public void Count(NftElement element, int by)
    {
        if (element.Verdict?.Chain is { } chain)
            CollectionsMarshal.GetValueRefOrAddDefault(_uses, chain, out _) += by;
    }
}
