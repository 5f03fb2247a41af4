namespace DatapathKernels.Filtering;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): 8 bytes of state, equidistributed, the same draws from the same seed everywhere.
/// Not for secrets.
/// </summary>
public struct PacketRandom : IRandomSource
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>Starts the sequence of a seed.</summary>
    public PacketRandom(ulong seed) => _state = seed;

    /// <inheritdoc/>
    public uint Next() => Draw(_state += Step);

    /// <summary>
    /// Draws 31 bits at a time until a draw is below its threshold or all had theirs; returns how many were not below. The
    /// same as asking one by one, without a branch on chance: all are drawn, and the state then steps as far as was asked.
    /// </summary>
    /// <param name="thresholds">The first threshold; one in every second word.</param>
    /// <param name="count">How many.</param>
    internal unsafe int CountUntilBelow(ulong* thresholds, int count)
    {
        int first = count;
        for (int i = count - 1; i >= 0; i--)
        {
            long draw = Draw(_state + ((ulong)(i + 1) * Step)) & 0x7fffffff;
            int below = (int)((draw - (long)thresholds[2 * i]) >> 63);
            first = (first & ~below) | (i & below);
        }

        _state += (ulong)Math.Min(first + 1, count) * Step;
        return first;
    }

    private static uint Draw(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)((z ^ (z >> 31)) >> 32);
    }
}
