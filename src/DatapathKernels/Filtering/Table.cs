using System.Diagnostics.CodeAnalysis;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <summary>A table: its chains by name, in the order they were declared.</summary>
public sealed class Table
{
    private readonly List<Chain> _chains = [];
    private readonly Dictionary<string, Chain> _byName = [];

    /// <summary>Makes an empty table.</summary>
    public Table(TableKind kind) => Kind = kind;

    /// <summary>Which table it is.</summary>
    public TableKind Kind { get; }

    /// <summary>The chains, in the order they were declared.</summary>
    public IReadOnlyList<Chain> Chains => _chains;

    /// <summary>The chain of that name, or null.</summary>
    public Chain? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds a chain without making a string of its name.</summary>
    public bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out Chain? chain) =>
        _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out chain);

    /// <summary>Adds an empty chain: a builtin one when the name is one of the table's hooks, a user chain otherwise.</summary>
    /// <exception cref="ArgumentException">The table has a chain of that name.</exception>
    public Chain Add(string name)
    {
        Chain chain = new(Kind, name, Hooks.TryParseChain(Kind, name, out Hook hook) ? hook : null);
        if (!_byName.TryAdd(name, chain))
            Throw.Argument(nameof(name), $"table {Hooks.NameOf(Kind)} already has a chain {name}");
        _chains.Add(chain);
        return chain;
    }

    /// <summary>The chain of that name; added when it is not there.</summary>
    public Chain GetOrAdd(string name) => Find(name) ?? Add(name);

    /// <summary>Removes a chain (<c>-X</c>). False when there is none of that name.</summary>
    public bool Remove(string name)
    {
        if (!_byName.Remove(name, out Chain? chain))
            return false;
        _chains.Remove(chain);
        return true;
    }
}
