using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;

namespace DatapathKernels.Tests.Maps;

/// <summary>Keys for map tests beside flow keys and <see cref="RawKey{T}"/>.</summary>
[InlineArray(40)]
public struct Bytes40
{
    private byte _first;
}

/// <summary>Every key has the same hash: all stand in one chain.</summary>
public readonly record struct CollidingKey(ulong Value) : IHashKey<CollidingKey>
{
    public static bool AreEqual(in CollidingKey left, in CollidingKey right) => left.Value == right.Value;

    public static ulong Hash(in CollidingKey key, ulong seed) => 0x30003;
}

/// <summary>Few hashes, near the end of the table too: chains that run into one another and round.</summary>
public readonly record struct CrowdedKey(ulong Value) : IHashKey<CrowdedKey>
{
    public static bool AreEqual(in CrowdedKey left, in CrowdedKey right) => left.Value == right.Value;

    public static ulong Hash(in CrowdedKey key, ulong seed) => 0 - (1 + (key.Value % 7 * 0x0400_0000_0000_0000)) + (key.Value / 7 % 3);
}

/// <summary>A value of several words: a torn one is seen.</summary>
public readonly record struct WideValue(ulong A, ulong B, ulong C, ulong D)
{
    public static WideValue Of(ulong key, ulong round) => new(key, round, key ^ round, ~round);

    public bool IsWhole(ulong key) => A == key && C == (A ^ B) && D == ~B;
}
