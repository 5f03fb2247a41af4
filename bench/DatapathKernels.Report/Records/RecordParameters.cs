using System.Collections;

namespace DatapathKernels.Report.Records;

/// <summary>The parameters of a case, name to value, in the order the benchmark declares them. Compared by content.</summary>
public sealed class RecordParameters : IReadOnlyList<KeyValuePair<string, ParameterValue>>, IEquatable<RecordParameters>
{
    private readonly KeyValuePair<string, ParameterValue>[] _items;

    /// <param name="items">Names are not empty and each stands once.</param>
    /// <exception cref="ArgumentException">A name is empty or stands twice.</exception>
    public RecordParameters(IEnumerable<KeyValuePair<string, ParameterValue>> items)
    {
        _items = [.. items];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((string name, _) in _items)
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentException("a parameter has no name; expected one", nameof(items));
            if (!names.Add(name))
                throw new ArgumentException($"the parameter {name} stands twice; expected each once", nameof(items));
        }
    }

    /// <summary>No parameter.</summary>
    public static RecordParameters None { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, ParameterValue> this[int index] => _items[index];

    /// <summary>The value of that name, or null.</summary>
    public ParameterValue? this[string name]
    {
        get
        {
            foreach ((string key, ParameterValue value) in _items)
            {
                if (key == name)
                    return value;
            }

            return null;
        }
    }

    /// <summary>From what a benchmark runner knows: names and boxed values; see <see cref="ParameterValue.From"/>.</summary>
    public static RecordParameters From(IEnumerable<KeyValuePair<string, object>> items) =>
        new(items.Select(i => KeyValuePair.Create(i.Key, ParameterValue.From(i.Value))));

    /// <summary>The same without one name.</summary>
    public RecordParameters Without(string name) => new(_items.Where(i => i.Key != name));

    /// <inheritdoc/>
    public bool Equals(RecordParameters? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RecordParameters);

    /// <inheritdoc/>
    public override int GetHashCode() => _items.Aggregate(_items.Length, HashCode.Combine);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, ParameterValue>> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>For people: <c>Services=10, Skew=0.9</c>.</summary>
    public override string ToString() => string.Join(", ", _items.Select(i => $"{i.Key}={i.Value}"));
}
