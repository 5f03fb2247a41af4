namespace DatapathKernels.Filtering;

/// <content>Whether hooks would lead to what is not for them once chains are replaced.</content>
public abstract partial class ChainMatcher
{
    // The hooks that lead to the chains of each table that was changed.
    private readonly Dictionary<TableKind, Dictionary<string, int>> _reached = [];

    /// <exception cref="RulesetException">See <see cref="PlaceCheck"/>.</exception>
    private PlaceCheck CheckPlaces(Table changed)
    {
        if (!_reached.TryGetValue(changed.Kind, out Dictionary<string, int>? known))
            _reached[changed.Kind] = known = Reach(changed.Kind);
        Func<string, Chain?> find = name => changed.Find(name) ?? FindChain(changed.Kind, name);
        PlaceCheck update = new(known, find);
        try
        {
            update.Run(changed.Chains);
        }
        catch (RulesetException)
        {
            // Perhaps because of a hook that leads there no more.
            update.RunAfresh(HookChains(changed.Kind, find));
        }

        return update;
    }

    /// <summary>What leads where before the first change.</summary>
    private Dictionary<string, int> Reach(TableKind table)
    {
        Dictionary<string, int> known = [];
        Func<string, Chain?> find = name => FindChain(table, name);
        PlaceCheck now = new(known, find);
        now.Run(HookChains(table, find));
        now.Keep();
        return known;
    }

    private static List<Chain> HookChains(TableKind table, Func<string, Chain?> find)
    {
        List<Chain> chains = [];
        for (Hook hook = 0; (int)hook < Hooks.Count; hook++)
        {
            if (find(Hooks.NameOf(hook)) is { } chain)
                chains.Add(chain);
        }

        return chains;
    }
}
