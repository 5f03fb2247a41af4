namespace DatapathKernels.Filtering.Nft;

/// <summary>A table: chains, sets and maps that see one another.</summary>
public sealed class NftTable
{
    private readonly List<NftChain> _chains = [];
    private readonly List<NftSet> _sets = [];
    private readonly Dictionary<string, NftChain> _chainsByName = [];
    private readonly Dictionary<string, NftSet> _setsByName = [];

    /// <summary>Makes an empty table.</summary>
    public NftTable(NftFamily family, string name)
    {
        Family = family;
        Name = name;
    }

    /// <summary>The family.</summary>
    public NftFamily Family { get; }

    /// <summary>The name, unique within the family.</summary>
    public string Name { get; }

    /// <summary>Its comment; null for none.</summary>
    public string? Comment { get; set; }

    /// <summary>The chains, in the order they were added.</summary>
    public IReadOnlyList<NftChain> Chains => _chains;

    /// <summary>The sets and maps with names, in the order they were added.</summary>
    public IReadOnlyList<NftSet> Sets => _sets;

    /// <summary>The chain of that name, or null.</summary>
    public NftChain? FindChain(string name) => _chainsByName.GetValueOrDefault(name);

    /// <summary>The set or map of that name, or null.</summary>
    public NftSet? FindSet(string name) => _setsByName.GetValueOrDefault(name);

    /// <summary>Adds a chain.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(NftChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        _chainsByName.Add(chain.Name, chain);
        _chains.Add(chain);
    }

    /// <summary>Adds a set or a map.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(NftSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        _setsByName.Add(set.Name, set);
        _sets.Add(set);
    }

    /// <summary>Removes a chain; false when it is not there. Rules that lead to it are not looked for.</summary>
    public bool Remove(NftChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _chainsByName.Remove(chain.Name) && _chains.Remove(chain);
    }

    /// <summary>Removes a set or a map; false when it is not there. Rules that ask it are not looked for.</summary>
    public bool Remove(NftSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return _setsByName.Remove(set.Name) && _sets.Remove(set);
    }

    /// <summary>A table of its own that holds the same.</summary>
    internal NftTable Copy()
    {
        NftTable copy = new(Family, Name) { Comment = Comment };
        foreach (NftChain chain in _chains)
            copy.Add(chain.Copy());
        foreach (NftSet set in _sets)
            copy.Add(set.Copy());
        return copy;
    }
}
