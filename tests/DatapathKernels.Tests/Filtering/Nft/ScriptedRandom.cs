using DatapathKernels.Filtering;

namespace DatapathKernels.Tests.Filtering.Nft;

/// <summary>Always the same draw.</summary>
internal struct ScriptedRandom(uint draw) : IRandomSource
{
    /// <summary>The smallest draw that a generator of that modulus turns into the number.</summary>
    public static ScriptedRandom For(int number, int modulus) => new((uint)((((ulong)number << 32) + (uint)modulus - 1) / (uint)modulus));

    public uint Next() => draw;
}
