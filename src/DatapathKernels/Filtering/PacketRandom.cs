namespace DatapathKernels.Filtering;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): 8 bytes of state, equidistributed, the same draws from the same seed everywhere.
/// Not for secrets.
/// </summary>
public struct PacketRandom : IRandomSource
{
    private ulong _state;

    /// <summary>Starts the sequence of a seed.</summary>
    public PacketRandom(ulong seed) => _state = seed;

    /// <inheritdoc/>
    public uint Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)((z ^ (z >> 31)) >> 32);
    }
}
