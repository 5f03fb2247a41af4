using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

        Skip(Asked(first, count));
        return first;
    }

    /// <summary>How many draws were asked for until the first that fits: one more than were in vain, unless all were. No branch: it is chance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Asked(int first, int count) => first + (int)((uint)(first - count) >> 31);

    /// <summary>The same against limits, which draws may reach; many are asked one by one. Eight words are readable at <paramref name="limits"/>, however many count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe int CountUntilWithin(int* limits, int count)
    {
        if (count > PackedOp.MostSpread)
            return CountOneByOne(limits, count);
        int first = count;
        if (Vector512.IsHardwareAccelerated)
        {
            uint beyond = Vector256.GreaterThan(Draws(EightStates()), Vector256.Load(limits)).ExtractMostSignificantBits();
            first = BitOperations.TrailingZeroCount(~beyond | (1u << count));
            Skip(Asked(first, count));
            return first;
        }

        for (int i = count - 1; i >= 0; i--)
        {
            long draw = Draw(_state + ((ulong)(i + 1) * Step)) & 0x7fffffff;
            int beyond = (int)((limits[i] - draw) >> 63);
            first = (first & beyond) | (i & ~beyond);
        }

        Skip(Asked(first, count));
        return first;
    }

    /// <summary>What <see cref="CountUntilWithin"/> would return after some draws. Nothing is drawn.</summary>
    internal readonly unsafe int CountAhead(int draws, int* limits, int count)
    {
        PacketRandom ahead = this;
        ahead.Skip(draws);
        return ahead.CountOneByOne(limits, count);
    }

    private unsafe int CountOneByOne(int* limits, int count)
    {
        int first = 0;
        while (first < count && (int)(Next() & 0x7fffffff) > limits[first])
            first++;
        return first;
    }

    /// <summary>The next draws, 31 bits each; a multiple of eight of them. Nothing is drawn.</summary>
    internal readonly unsafe void Peek(int* draws, int count)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> states = EightStates();
            for (int i = 0; i < count; i += Vector512<ulong>.Count, states += Vector512.Create(unchecked(8 * Step)))
                Draws(states).Store(draws + i);
            return;
        }

        for (int i = 0; i < count; i++)
            draws[i] = (int)(Draw(_state + ((ulong)(i + 1) * Step)) & 0x7fffffff);
    }

    /// <summary>Steps over some draws.</summary>
    internal void Skip(int draws) => _state += (ulong)draws * Step;

    private readonly Vector512<ulong> EightStates() => Vector512.Create(_state) + (Vector512.Create(1UL, 2, 3, 4, 5, 6, 7, 8) * Step);

    private static Vector256<int> Draws(Vector512<ulong> states) => Vector512.Narrow(Draw(states), default).GetLower().AsInt32() & Vector256.Create(int.MaxValue);

    private static Vector512<ulong> Draw(Vector512<ulong> z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) >> 32;
    }

    private static uint Draw(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)((z ^ (z >> 31)) >> 32);
    }
}
