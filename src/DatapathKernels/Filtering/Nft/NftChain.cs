namespace DatapathKernels.Filtering.Nft;

/// <summary>A list of rules with a name; a base chain also has a type, a hook, a priority and a policy.</summary>
public sealed class NftChain
{
    private readonly List<NftRule> _rules = [];

    /// <summary>Makes a chain that rules jump to.</summary>
    public NftChain(string name) => Name = name;

    /// <summary>Makes a base chain.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">Which packets it sees.</param>
    /// <param name="hook">Where.</param>
    /// <param name="priority">When: low ones first. -200 is connection tracking, -100 destination and 100 source translation.</param>
    public NftChain(string name, NftChainType type, Hook hook, int priority)
    {
        Name = name;
        Type = type;
        Hook = hook;
        Priority = priority;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The type of a base chain.</summary>
    public NftChainType Type { get; }

    /// <summary>The hook of a base chain; null for a chain that rules jump to.</summary>
    public Hook? Hook { get; }

    /// <summary>The priority of a base chain.</summary>
    public int Priority { get; }

    /// <summary>What a base chain does at its end: accept, or drop when true.</summary>
    public bool DropPolicy { get; init; }

    /// <summary>Its comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>The rules, in order.</summary>
    public IReadOnlyList<NftRule> Rules => _rules;

    /// <summary>Appends a rule.</summary>
    public void Add(NftRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rules.Add(rule);
    }

    /// <summary>Puts a rule in front of the others.</summary>
    public void Insert(NftRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rules.Insert(0, rule);
    }

    /// <summary>Removes every rule.</summary>
    public void Flush() => _rules.Clear();

    /// <summary>A chain of its own with the same rules.</summary>
    internal NftChain Copy()
    {
        NftChain copy = Hook is { } hook ? new(Name, Type, hook, Priority) { DropPolicy = DropPolicy, Comment = Comment } : new(Name) { Comment = Comment };
        copy._rules.AddRange(_rules);
        return copy;
    }
}
