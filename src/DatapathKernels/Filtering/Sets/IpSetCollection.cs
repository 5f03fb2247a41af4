using System.Diagnostics.CodeAnalysis;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <summary>The ipsets of a node, by name, in the order they were made.</summary>
public sealed class IpSetCollection
{
    private readonly List<IpSet> _sets = [];
    private readonly Dictionary<string, IpSet> _byName = [];

    /// <summary>The sets.</summary>
    public IReadOnlyList<IpSet> Sets => _sets;

    /// <summary>Adds a set.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public IpSet Add(IpSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (!_byName.TryAdd(set.Name, set))
            Throw.Argument(nameof(set), $"there already is a set {set.Name}");
        _sets.Add(set);
        return set;
    }

    /// <summary>The set of that name, or null.</summary>
    public IpSet? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds a set without making a string of its name.</summary>
    public bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out IpSet? set) =>
        _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out set);

    /// <summary>Removes a set (<c>ipset destroy</c>). False when there is none of that name.</summary>
    public bool Remove(string name)
    {
        if (!_byName.Remove(name, out IpSet? set))
            return false;
        _sets.Remove(set);
        return true;
    }
}
