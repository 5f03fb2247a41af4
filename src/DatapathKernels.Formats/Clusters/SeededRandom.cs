using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it/xoshiro256starstar.c), its state filled by SplitMix64 as
/// its authors advise. Written out here because <see cref="Random"/> does not promise the same numbers on every
/// runtime, and a cluster must be the same wherever its seed is given. Integer arithmetic only.
/// </summary>
internal struct SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts a stream. Different streams of one seed are independent for every purpose here.</summary>
    public SeededRandom(ulong seed, ulong stream = 0)
    {
        ulong state = seed ^ (stream * 0xD1B5_4A32_D192_ED03);
        _s0 = SplitMix(ref state);
        _s1 = SplitMix(ref state);
        _s2 = SplitMix(ref state);
        _s3 = SplitMix(ref state);
    }

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>
    /// A number below <paramref name="bound"/> (above zero), by the high half of a 64 x 32 bit product: the bias is below
    /// bound / 2^64 and no draw is rejected, so the number of draws never depends on the values.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)(uint)bound, out _);

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Fisher-Yates.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    /// <summary>
    /// <paramref name="count"/> different numbers below <paramref name="bound"/>, every choice and order equally likely
    /// (Floyd's sampling, then a shuffle): one draw a number however full the range is.
    /// </summary>
    public int[] Sample(int count, int bound)
    {
        HashSet<int> chosen = new(count);
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++)
        {
            int top = bound - count + i;
            int candidate = Below(top + 1);
            if (!chosen.Add(candidate))
            {
                candidate = top;
                chosen.Add(top);
            }

            numbers[i] = candidate;
        }

        Shuffle(numbers.AsSpan());
        return numbers;
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
