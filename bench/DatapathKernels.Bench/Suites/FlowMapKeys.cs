namespace DatapathKernels.Bench.Suites;

/// <summary>Keys for the flow map suites: 16 random bytes, the same for the same number everywhere.</summary>
internal static class FlowMapKeys
{
    /// <summary>The key of entry <paramref name="index"/>; two numbers never give the same.</summary>
    public static UInt128 Key(int index) => new(Mix((ulong)index), Mix((ulong)index ^ 0x5555_5555_0000_0000));

    /// <summary>Queries in random order, of which exactly that share is in a map of the first <paramref name="entries"/> keys.</summary>
    public static UInt128[] Queries(int count, int entries, int hitPercent)
    {
        Random random = new(7);
        UInt128[] queries = new UInt128[count];
        int hits = (int)((long)count * hitPercent / 100);
        for (int i = 0; i < count; i++)
            queries[i] = Key(i < hits ? random.Next(entries) : entries + random.Next(int.MaxValue - entries));
        random.Shuffle(queries);
        return queries;
    }

    // SplitMix64's finisher: a bijection.
    private static ulong Mix(ulong z)
    {
        z = (z + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
