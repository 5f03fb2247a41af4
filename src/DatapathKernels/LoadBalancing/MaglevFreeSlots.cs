using System.Numerics;
using System.Runtime.InteropServices;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The last slots of a table that are free. Probing for one of the last 512 of 65,537 takes hundreds of steps, half of a build's; here the steps to each of them are
/// worked out, and the nearest is the one that probing would have found.
/// </summary>
/// <remarks>
/// A walk that is at slot p and goes by s comes to slot f after (f - p) / s steps modulo the size, a prime: one multiplication by the inverse of s and a remainder. Both are
/// done in doubles, several slots a vector: products stay below 2^53, so they are exact, and a half added before the division by the size keeps the quotient, which
/// is then at least half a size's part away from any whole number, from being rounded to the wrong one.
/// </remarks>
internal sealed class MaglevFreeSlots
{
    private readonly double[] _slots;
    private readonly uint _size;
    private int _count;

    /// <param name="taken">One bit a slot.</param>
    /// <param name="size">Slots of the table.</param>
    /// <param name="count">How many are free.</param>
    public MaglevFreeSlots(ReadOnlySpan<ulong> taken, uint size, int count)
    {
        _size = size;
        _slots = new double[count];
        for (uint slot = 0; slot < size; slot++)
        {
            if ((taken[(int)(slot / 64)] >> (int)(slot % 64) & 1) == 0)
                _slots[_count++] = slot;
        }
    }

    /// <summary>The first free slot of the walk from one on, itself included. There must be one.</summary>
    /// <param name="from">Where the walk is.</param>
    /// <param name="skip">Its step.</param>
    /// <param name="inverse">The step's inverse modulo the size.</param>
    public uint FirstFrom(uint from, uint skip, uint inverse) => (uint)(((ulong)Steps(from, inverse) * skip + from) % _size);

    /// <summary>A slot is free no longer.</summary>
    public void Remove(uint slot)
    {
        // As bits: spans are searched for whole numbers a vector at a time, for doubles one by one.
        int at = MemoryMarshal.Cast<double, long>(_slots.AsSpan(0, _count)).IndexOf(BitConverter.DoubleToInt64Bits(slot));
        if (at >= 0)
            _slots[at] = _slots[--_count];
    }

    /// <summary>The inverse of a step modulo a prime, by Euclid's algorithm.</summary>
    public static uint InverseOf(uint step, uint prime)
    {
        (long a, long b, long x, long y) = (prime, step, 0, 1);
        while (b != 1)
        {
            long quotient = a / b;
            (a, b, x, y) = (b, a - (quotient * b), y, x - (quotient * y));
        }

        return (uint)(y < 0 ? y + prime : y);
    }

    private uint Steps(double from, double inverse)
    {
        ReadOnlySpan<double> slots = _slots.AsSpan(0, _count);
        double size = _size, reciprocal = 1 / size, least = size;
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            Vector<double> best = new(size);
            for (; i + Vector<double>.Count <= slots.Length; i += Vector<double>.Count)
            {
                Vector<double> ahead = new Vector<double>(slots[i..]) - new Vector<double>(from);
                Vector<double> product = Vector.ConditionalSelect(Vector.LessThan(ahead, Vector<double>.Zero), ahead + new Vector<double>(size), ahead) * inverse;
                best = Vector.Min(best, product - (Vector.Floor((product + new Vector<double>(0.5)) * reciprocal) * size));
            }

            for (int lane = 0; lane < Vector<double>.Count; lane++)
                least = Math.Min(least, best[lane]);
        }

        for (; i < slots.Length; i++)
        {
            double ahead = slots[i] - from, product = (ahead < 0 ? ahead + size : ahead) * inverse;
            least = Math.Min(least, product - (Math.Floor((product + 0.5) * reciprocal) * size));
        }

        return (uint)least;
    }
}
