namespace DatapathKernels.Filtering.Nft;

/// <summary>The tables of a node.</summary>
public sealed class NftRuleset
{
    private readonly List<NftTable> _tables = [];

    /// <summary>The tables, in the order they were added.</summary>
    public IReadOnlyList<NftTable> Tables => _tables;

    /// <summary>The table of that family and name, or null.</summary>
    public NftTable? Find(NftFamily family, string name) => _tables.Find(table => table.Family == family && table.Name == name);

    /// <summary>The table of that family and name, made when it is not there.</summary>
    public NftTable GetOrAdd(NftFamily family, string name)
    {
        if (Find(family, name) is { } known)
            return known;
        NftTable table = new(family, name);
        _tables.Add(table);
        return table;
    }

    /// <summary>Removes a table and all it holds; false when it is not there.</summary>
    public bool Remove(NftFamily family, string name) => Find(family, name) is { } table && _tables.Remove(table);

    /// <summary>A ruleset that holds the same and changes by itself: tables, chains and sets are its own, rules and elements shared.</summary>
    public NftRuleset Copy()
    {
        NftRuleset copy = new();
        foreach (NftTable table in _tables)
            copy._tables.Add(table.Copy());
        return copy;
    }
}
