namespace DatapathKernels.Filtering.Nft;

/// <summary>A set of keys, or a map from keys to verdicts; with a name of its own, or written inside a rule.</summary>
public sealed class NftSet
{
    private readonly List<NftElement> _elements = [];

    // Made when an element is first asked for by its key; rulesets that are only added to do without.
    private Dictionary<IReadOnlyList<NftValue>, NftElement>? _byKey;

    /// <summary>Makes one without elements.</summary>
    /// <param name="name">The name; empty when it stands in a rule.</param>
    /// <param name="types">The types of its key's fields, at least one.</param>
    /// <param name="isMap">True for a map to verdicts.</param>
    public NftSet(string name, IReadOnlyList<NftDataType> types, bool isMap)
    {
        Name = name;
        Types = types;
        IsMap = isMap;
    }

    /// <summary>The name; empty when it stands in a rule.</summary>
    public string Name { get; }

    /// <summary>The types of its key's fields.</summary>
    public IReadOnlyList<NftDataType> Types { get; }

    /// <summary>True for a map to verdicts.</summary>
    public bool IsMap { get; }

    /// <summary>Its flags.</summary>
    public NftSetFlags Flags { get; init; }

    /// <summary>How long elements live that have no timeout of their own, milliseconds; null for ever.</summary>
    public long? TimeoutMs { get; init; }

    /// <summary>The most elements it holds; null when nothing was said.</summary>
    public int? Size { get; init; }

    /// <summary>Its comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>The elements, in the order they were added.</summary>
    public IReadOnlyList<NftElement> Elements => _elements;

    /// <summary>Adds an element.</summary>
    /// <exception cref="ArgumentException">Its key has more or fewer fields than the set's, or it has a verdict and the set none, or the other way.</exception>
    public void Add(NftElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        if (element.Key.Count != Types.Count)
            throw new ArgumentException($"expected a key of {Types.Count} fields, found {element.Key.Count}", nameof(element));
        if (element.Verdict is not null != IsMap)
            throw new ArgumentException(IsMap ? "expected a verdict: it is a map" : "expected no verdict: it is a set", nameof(element));
        _elements.Add(element);
        _byKey?.TryAdd(element.Key, element);
    }

    /// <summary>The element of exactly that key, ranges included; null when there is none.</summary>
    public NftElement? Find(IReadOnlyList<NftValue> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_byKey is null)
        {
            _byKey = new(_elements.Count, NftKeyComparer.Instance);
            foreach (NftElement element in _elements)
                _byKey.TryAdd(element.Key, element);
        }

        return _byKey.GetValueOrDefault(key);
    }

    /// <summary>Removes the element of exactly that key; false when there is none. It costs a walk over the elements.</summary>
    public bool Remove(IReadOnlyList<NftValue> key)
    {
        if (Find(key) is not { } element)
            return false;
        _byKey!.Remove(key);
        return _elements.Remove(element);
    }

    /// <summary>Removes every element.</summary>
    public void Flush()
    {
        _elements.Clear();
        _byKey = null;
    }

    /// <summary>A set of its own with the same elements.</summary>
    internal NftSet Copy()
    {
        NftSet copy = new(Name, Types, IsMap) { Flags = Flags, TimeoutMs = TimeoutMs, Size = Size, Comment = Comment };
        copy._elements.AddRange(_elements);
        return copy;
    }
}
