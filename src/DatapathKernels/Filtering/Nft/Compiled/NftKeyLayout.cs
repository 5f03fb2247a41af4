namespace DatapathKernels.Filtering.Nft;

/// <summary>
/// Where the fields of a key stand in its words. No field crosses a word, except that a 128-bit address takes two of its own;
/// the upper half of the last word is the number of the set, so that one table serves all sets.
/// </summary>
internal sealed class NftKeyLayout
{
    private readonly (byte Word, byte Shift)[] _places;

    private NftKeyLayout((byte Word, byte Shift)[] places, bool wide)
    {
        _places = places;
        IsWide = wide;
    }

    /// <summary>True when it takes a <see cref="NftWideKey"/>.</summary>
    public bool IsWide { get; }

    /// <summary>The layout of a key of those types; null when it is too long even for a wide one.</summary>
    public static NftKeyLayout? Of(IReadOnlyList<NftDataType> types) => Of(types, NftNarrowKey.Words) ?? Of(types, NftWideKey.Words);

    /// <summary>Writes a field into the words of a key.</summary>
    public void Put(int field, ulong high, ulong low, Span<ulong> words)
    {
        (byte word, byte shift) = _places[field];
        words[word] |= low << shift;
        if (high != 0)
            words[word + 1] |= high;
    }

    /// <summary>Writes the set's number.</summary>
    public static void PutSet(int set, Span<ulong> words) => words[^1] |= (ulong)set << 32;

    private static NftKeyLayout? Of(IReadOnlyList<NftDataType> types, int words)
    {
        Span<int> used = stackalloc int[words];
        used.Clear();
        (byte, byte)[] places = new (byte, byte)[types.Count];
        for (int i = 0; i < places.Length; i++)
        {
            int bits = NftFields.Bits(types[i]);
            int word = bits == 128 ? FirstFreePair(used) : FirstFree(used, bits);
            if (word < 0)
                return null;
            places[i] = ((byte)word, (byte)used[word]);
            used[word] += Math.Min(bits, 64);
            if (bits == 128)
                used[word + 1] = 64;
        }

        return new NftKeyLayout(places, words == NftWideKey.Words);
    }

    private static int FirstFree(ReadOnlySpan<int> used, int bits)
    {
        for (int i = 0; i < used.Length; i++)
        {
            if (used[i] + bits <= (i == used.Length - 1 ? 32 : 64))
                return i;
        }

        return -1;
    }

    private static int FirstFreePair(ReadOnlySpan<int> used)
    {
        for (int i = 0; i < used.Length - 2; i++)
        {
            if (used[i] == 0 && used[i + 1] == 0)
                return i;
        }

        return -1;
    }
}
