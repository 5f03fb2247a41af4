namespace DatapathKernels.Filtering;

/// <summary>A list of rules with a name; a builtin chain also has a hook and a policy.</summary>
public sealed class Chain
{
    private readonly List<Rule> _rules = [];

    internal Chain(TableKind table, string name, Hook? hook)
    {
        Table = table;
        Name = name;
        Hook = hook;
    }

    /// <summary>The table it belongs to. Chains of one name in two tables are two chains.</summary>
    public TableKind Table { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The hook of a builtin chain; null for a user chain.</summary>
    public Hook? Hook { get; }

    /// <summary>What a builtin chain does at its end: accept, or drop when true. A user chain returns.</summary>
    public bool DropPolicy { get; set; }

    /// <summary>Packets that met the policy when the chain was saved.</summary>
    public ulong PolicyPackets { get; set; }

    /// <summary>Bytes that met the policy when the chain was saved.</summary>
    public ulong PolicyBytes { get; set; }

    /// <summary>The rules, in order.</summary>
    public IReadOnlyList<Rule> Rules => _rules;

    /// <summary>Appends a rule.</summary>
    public void Add(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rules.Add(rule);
    }

    /// <summary>Inserts a rule; <paramref name="index"/> counts from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Beyond the end.</exception>
    public void Insert(int index, Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rules.Insert(index, rule);
    }

    /// <summary>Removes every rule (<c>-F</c>).</summary>
    public void Flush() => _rules.Clear();

    /// <summary>For example <c>nat/KUBE-SERVICES</c>.</summary>
    public override string ToString() => $"{Hooks.NameOf(Table)}/{Name}";
}
