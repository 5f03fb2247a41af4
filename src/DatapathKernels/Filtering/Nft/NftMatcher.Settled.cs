namespace DatapathKernels.Filtering.Nft;

/// <content>Hooks whose chains accept every packet of an established connection, as kube-proxy's do: they ask about the state first. Nothing is to be done there.</content>
public sealed partial class NftMatcher
{
    private readonly bool[] _settled = new bool[Hooks.Count];

    /// <summary>True when there is a nat chain: known packets are then translated.</summary>
    internal bool HasNat => _hasNat;

    /// <summary>True when a hook's chains but those of nat accept every packet of an established connection, and change and count nothing.</summary>
    internal bool IsSettled(Hook hook) => _settled[(int)hook];

    private void Settle()
    {
        for (int hook = 0; hook < _settled.Length; hook++)
            _settled[hook] = Array.TrueForAll(_program.Hooks[hook], chain => chain.IsNat || IsSettled(_program.Chains[chain.Chain].Chain));
    }

    private static bool IsSettled(NftChain chain)
    {
        foreach (NftRule rule in chain.Rules)
        {
            if (!IsRefused(rule))
                return false;
        }

        return !chain.DropPolicy;
    }

    /// <summary>True for a rule that asks for another state before it does anything.</summary>
    private static bool IsRefused(NftRule rule)
    {
        foreach (NftStatement statement in rule.Statements)
        {
            if (statement is not NftComparison comparison)
                return false;
            bool isState = comparison.Field == NftField.State && comparison.Mask is null && comparison.Value.IsSingle;
            bool fits = ((ulong)comparison.Value.Low & (ulong)ConnectionStates.Established) != 0;
            if (isState && fits == comparison.Negated)
                return true;
        }

        return false;
    }
}
