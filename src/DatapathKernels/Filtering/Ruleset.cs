namespace DatapathKernels.Filtering;

/// <summary>
/// Everything iptables (or ip6tables) holds on one node: the tables, their chains, their rules. A model to build, read and
/// write; a matcher compiles it.
/// </summary>
public sealed class Ruleset
{
    private readonly Table?[] _tables = new Table?[Hooks.TableCount];

    /// <summary>Makes an empty ruleset.</summary>
    public Ruleset(IpFamily family) => Family = family;

    /// <summary>The address family of every rule.</summary>
    public IpFamily Family { get; }

    /// <summary>The table, or null when the ruleset does not have it.</summary>
    public Table? this[TableKind kind] => _tables[(int)kind];

    /// <summary>The tables that are there, in the order of <see cref="TableKind"/>.</summary>
    public IEnumerable<Table> Tables
    {
        get
        {
            foreach (Table? table in _tables)
            {
                if (table is not null)
                    yield return table;
            }
        }
    }

    /// <summary>Number of rules in all tables.</summary>
    public int RuleCount
    {
        get
        {
            int count = 0;
            foreach (Table table in Tables)
            {
                foreach (Chain chain in table.Chains)
                    count += chain.Rules.Count;
            }

            return count;
        }
    }

    /// <summary>The table; added empty when it is not there.</summary>
    public Table GetOrAdd(TableKind kind) => _tables[(int)kind] ??= new Table(kind);

    /// <summary>Puts a table in place of the one of its kind, if any.</summary>
    public void Set(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _tables[(int)table.Kind] = table;
    }

    /// <summary>The chain, or null.</summary>
    public Chain? Find(TableKind table, string chain) => this[table]?.Find(chain);
}
