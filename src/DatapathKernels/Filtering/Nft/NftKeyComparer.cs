namespace DatapathKernels.Filtering.Nft;

/// <summary>Keys of sets by their values, field by field.</summary>
internal sealed class NftKeyComparer : IEqualityComparer<IReadOnlyList<NftValue>>
{
    public static NftKeyComparer Instance { get; } = new();

    public bool Equals(IReadOnlyList<NftValue>? one, IReadOnlyList<NftValue>? other)
    {
        if (ReferenceEquals(one, other))
            return true;
        if (one is null || other is null || one.Count != other.Count)
            return false;
        for (int i = 0; i < one.Count; i++)
        {
            if (one[i] != other[i])
                return false;
        }

        return true;
    }

    public int GetHashCode(IReadOnlyList<NftValue> key)
    {
        HashCode hash = default;
        foreach (NftValue value in key)
            hash.Add(value);
        return hash.ToHashCode();
    }
}
