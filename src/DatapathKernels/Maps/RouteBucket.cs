using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <summary>
/// Up to four routes of one part of the address space, longest first, in two adjacent cache lines. A lookup compares an address
/// with all four at once, and reads the second line only where a route is longer than 64 bits:
/// <code>
///       0                              32          52      56      60     64
///   0   | high halves of 4 prefixes    | 5 entries | shifts | count |      |
///  64   | low halves of 4 prefixes     | shifts |
/// </code>
/// The fifth entry is that of addresses that lie in none of the four: the longest route that covers the whole part, or 0.
/// </summary>
/// <remarks>
/// A prefix of n bits is compared after shifting 64 - n bits out of the difference in the high half, none when it is longer, and
/// 128 - n out of that in the low half, all 64 when it is shorter. A place without route has the complement of a high half that
/// all addresses of the part begin like, so that it matches none of them.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct RouteBucket
{
    /// <summary>Routes that find room.</summary>
    public const int Routes = 4;

    /// <summary>Bytes of a bucket.</summary>
    public const int Bytes = 128;

    [FieldOffset(0)]
    private fixed ulong _high[Routes];

    /// <summary>What the routes, and behind them all others, lead to: entries of a <see cref="PrefixTree"/>.</summary>
    [FieldOffset(32)]
    public fixed uint Entries[Routes + 1];

    [FieldOffset(52)]
    private fixed byte _highShifts[Routes];

    /// <summary>Routes in it.</summary>
    [FieldOffset(56)]
    public int Count;

    [FieldOffset(64)]
    private fixed ulong _low[Routes];

    [FieldOffset(96)]
    private fixed byte _lowShifts[Routes];

    /// <summary>True when a route is longer than 64 bits: then it is the first.</summary>
    public bool IsLong => _lowShifts[0] != 64;

    /// <summary>A route's destination.</summary>
    public RoutePrefix PrefixAt(int index) => new(new UInt128(_high[index], _low[index]), 128 - _highShifts[index] - _lowShifts[index]);

    /// <summary>Where a route stands; -1 when it does not.</summary>
    public int IndexOf(RoutePrefix prefix)
    {
        for (int i = 0; i < Count; i++)
        {
            if (PrefixAt(i).Length == prefix.Length && PrefixAt(i).Bits == prefix.Bits)
                return i;
        }

        return -1;
    }

    /// <summary>Makes it a bucket of one route.</summary>
    public void Start(RoutePrefix prefix, uint entry, uint otherwise)
    {
        Write(0, prefix, entry);
        Entries[Routes] = otherwise;
        Count = 1;
        Clear(1);
    }

    /// <summary>Makes it another bucket's copy with one route more; there is room for it.</summary>
    public void CopyWith(RouteBucket* other, RoutePrefix prefix, uint entry)
    {
        int at = 0;
        for (; at < other->Count && other->PrefixAt(at).Length >= prefix.Length; at++)
            Write(at, other->PrefixAt(at), other->Entries[at]);
        Write(at, prefix, entry);
        for (; at < other->Count; at++)
            Write(at + 1, other->PrefixAt(at), other->Entries[at]);
        Finish(other, other->Count + 1);
    }

    /// <summary>Makes it another bucket's copy without one of its routes, which are at least two.</summary>
    public void CopyWithout(RouteBucket* other, int index)
    {
        for (int i = 0; i < other->Count - 1; i++)
        {
            int from = i < index ? i : i + 1;
            Write(i, other->PrefixAt(from), other->Entries[from]);
        }

        Finish(other, other->Count - 1);
    }

    /// <summary>The entry of an address, given as its two halves in host order.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="high">The first 64 bits.</param>
    /// <param name="low">The last 64 bits.</param>
    /// <param name="isLong">False when no route here is longer than 64 bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint EntryOf<TIsa>(RouteBucket* bucket, ulong high, ulong low, bool isLong)
        where TIsa : struct, IIsa
    {
        uint match = isLong ? MatchLong<TIsa>(bucket, high, low) : MatchHalf<TIsa>(bucket->_high, bucket->_highShifts, high);
        return Volatile.Read(ref bucket->Entries[BitOperations.TrailingZeroCount(match | (1 << Routes))]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint MatchLong<TIsa>(RouteBucket* bucket, ulong high, ulong low)
        where TIsa : struct, IIsa =>
        MatchHalf<TIsa>(bucket->_high, bucket->_highShifts, high) & MatchHalf<TIsa>(bucket->_low, bucket->_lowShifts, low);

    /// <summary>A bit for each of four halves that an address's half begins like.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint MatchHalf<TIsa>(ulong* halves, byte* shifts, ulong half)
        where TIsa : struct, IIsa
    {
        if (TIsa.V256 && Avx2.IsSupported)
        {
            Vector256<ulong> counts = Avx2.ConvertToVector256Int64(shifts).AsUInt64();
            Vector256<ulong> differences = Avx2.ShiftRightLogicalVariable(Vector256.Load(halves) ^ Vector256.Create(half), counts);
            return Vector256.Equals(differences, Vector256<ulong>.Zero).ExtractMostSignificantBits();
        }

        uint match = 0;
        for (int i = 0; i < Routes; i++)
            match |= ShiftOut(halves[i] ^ half, shifts[i]) == 0 ? 1u << i : 0;
        return match;
    }

    /// <summary>A shift by up to 64 bits.</summary>
    private static ulong ShiftOut(ulong bits, int count) => count == 64 ? 0 : bits >> count;

    private void Finish(RouteBucket* other, int count)
    {
        Entries[Routes] = other->Entries[Routes];
        Count = count;
        Clear(count);
    }

    private void Write(int index, RoutePrefix prefix, uint entry)
    {
        (_high[index], _low[index]) = ((ulong)(prefix.Bits >> 64), (ulong)prefix.Bits);
        _highShifts[index] = (byte)Math.Max(64 - prefix.Length, 0);
        _lowShifts[index] = (byte)Math.Min(128 - prefix.Length, 64);
        Entries[index] = entry;
    }

    /// <summary>Makes the places from one on match nothing.</summary>
    private void Clear(int from)
    {
        for (int i = from; i < Routes; i++)
            (_high[i], _low[i], _highShifts[i], _lowShifts[i], Entries[i]) = (~_high[0], 0, 0, 64, 0);
    }
}
