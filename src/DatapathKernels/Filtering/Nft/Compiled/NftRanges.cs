namespace DatapathKernels.Filtering.Nft;

/// <summary>
/// The elements of one set that are ranges. Of one field they are sorted and found by halving; of several they are tried one
/// by one, as few as kube-proxy's are.
/// </summary>
internal sealed class NftRanges
{
    private readonly int _fields;
    private readonly UInt128[] _lows, _highs;
    private readonly ulong[] _values;

    /// <param name="fields">Fields of a key.</param>
    /// <param name="elements">The ranges, one for each field, and the value.</param>
    /// <exception cref="RulesetException">Ranges of one field overlap and differ in their value.</exception>
    public NftRanges(int fields, List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> elements)
    {
        _fields = fields;
        if (fields == 1)
            elements = Merge(elements);
        _lows = new UInt128[elements.Count * fields];
        _highs = new UInt128[elements.Count * fields];
        _values = new ulong[elements.Count];
        for (int i = 0; i < elements.Count; i++)
        {
            _values[i] = elements[i].Value;
            for (int field = 0; field < fields; field++)
                (_lows[(i * fields) + field], _highs[(i * fields) + field]) = elements[i].Key[field];
        }
    }

    /// <summary>Finds the range that holds the fields.</summary>
    public bool TryFind(ReadOnlySpan<UInt128> fields, out ulong value)
    {
        int found = _fields == 1 ? FindSorted(fields[0]) : FindListed(fields);
        value = found < 0 ? 0 : _values[found];
        return found >= 0;
    }

    private int FindSorted(UInt128 field)
    {
        int index = Array.BinarySearch(_lows, field);
        if (index < 0)
            index = ~index - 1;
        return index >= 0 && field <= _highs[index] ? index : -1;
    }

    private int FindListed(ReadOnlySpan<UInt128> fields)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            int field = 0;
            while (field < _fields && fields[field] >= _lows[(i * _fields) + field] && fields[field] <= _highs[(i * _fields) + field])
                field++;
            if (field == _fields)
                return i;
        }

        return -1;
    }

    private static List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> Merge(List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> elements)
    {
        elements.Sort((a, b) => a.Key[0].Low.CompareTo(b.Key[0].Low));
        List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> merged = [];
        foreach (((UInt128 Low, UInt128 High)[] key, ulong value) in elements)
        {
            if (merged.Count == 0 || merged[^1].Key[0].High < key[0].Low)
            {
                merged.Add(([key[0]], value));
                continue;
            }

            if (merged[^1].Value != value)
                throw new RulesetException("two ranges of a map overlap; expected every key in one of them");
            if (merged[^1].Key[0].High < key[0].High)
                merged[^1].Key[0].High = key[0].High;
        }

        return merged;
    }
}
