using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

public static unsafe partial class InternetChecksum
{
    // Every step below sums 64-bit words, each high * 2^32 + low. Since 2^32 = 1 modulo 0xffff, high + low is what is
    // wanted. Two sums are kept: `all`, the words added modulo 2^64, and `high`, their upper halves added exactly.
    // `all - (high << 32)` is then the exact sum of the lower halves as long as that stays below 2^64, that is for 2^32
    // words. So a word costs two additions and a shift: no carry to detect, no half to mask out, no lane to overflow.
    // Words are taken as the CPU reads them; the folded result is turned round once (see ToHostOrder).

    /// <summary>The sum of the words, folded to 16 bits, host order.</summary>
    private static ushort SumWords<TIsa>(ReadOnlySpan<byte> bytes)
        where TIsa : struct, IIsa
    {
        ulong sum;
        fixed (byte* start = &MemoryMarshal.GetReference(bytes))
        {
            nuint length = (nuint)bytes.Length;
            if (TIsa.V512 && Avx512BW.IsSupported)
                sum = Sum512(start, length);
            else if (TIsa.V256 && length >= 32)
                sum = Sum256(start, length);
            else if (TIsa.V128 && length >= 16)
                sum = Sum128(start, length);
            else
                sum = SumScalar(start, length);
        }

        return ToHostOrder(Fold(sum));
    }

    /// <summary>
    /// Whole vectors, then the last bytes by a load whose mask leaves out what lies past the end: those bytes are not
    /// touched and count as zeros, which is also what an odd last byte wants beside it. Short input is that load alone,
    /// so the time does not depend on which of 0 to 63 bytes there are, and nothing is left for a branch to mispredict.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sum512(byte* start, nuint length)
    {
        Vector512<ulong> all, high;
        if (length < 64)
        {
            all = LoadFirst(start, length);
            high = all >>> 32;
        }
        else
        {
            // SAFE: every load ends at or before start + length; the masked one reads length - offset bytes
            all = Vector512.Load((ulong*)start);
            high = all >>> 32;
            nuint offset = 64;
            if (length - offset >= 256)
            {
                Vector512<ulong> all2 = default, high2 = default;
                do
                {
                    Accumulate(start + offset, ref all, ref high);
                    Accumulate(start + offset + 64, ref all2, ref high2);
                    Accumulate(start + offset + 128, ref all, ref high);
                    Accumulate(start + offset + 192, ref all2, ref high2);
                    offset += 256;
                }
                while (length - offset >= 256);
                all += all2;
                high += high2;
            }

            for (; length - offset >= 64; offset += 64)
                Accumulate(start + offset, ref all, ref high);
            if (offset < length)
            {
                Vector512<ulong> last = LoadFirst(start + offset, length - offset);
                all += last;
                high += last >>> 32;
            }
        }

        Vector512<ulong> sums = all - (high << 32) + high;
        return Sum(sums.GetLower() + sums.GetUpper());
    }

    private static ulong Sum256(byte* start, nuint length)
    {
        Vector256<ulong> all = default, high = default, all2 = default, high2 = default;
        nuint offset = 0;
        // SAFE: both loops load below start + length
        for (; length - offset >= 64; offset += 64)
        {
            Accumulate(start + offset, ref all, ref high);
            Accumulate(start + offset + 32, ref all2, ref high2);
        }

        if (length - offset >= 32)
        {
            Accumulate(start + offset, ref all, ref high);
            offset += 32;
        }

        all += all2;
        high += high2;
        return Sum(all - (high << 32) + high) + SumScalar(start + offset, length - offset);
    }

    private static ulong Sum128(byte* start, nuint length)
    {
        Vector128<ulong> all = default, high = default;
        nuint offset = 0;
        // SAFE: offset + 16 <= length
        for (; length - offset >= 16; offset += 16)
        {
            Vector128<ulong> words = Vector128.Load((ulong*)(start + offset));
            all += words;
            high += words >>> 32;
        }

        return Vector128.Sum(all - (high << 32) + high) + SumScalar(start + offset, length - offset);
    }

    /// <summary>The specification, and the path of short input. The last bytes are the top of a word that ends with them.</summary>
    private static ulong SumScalar(byte* start, nuint length)
    {
        if (length < 8)
        {
            ulong few = LastWord(start, length);
            return (uint)few + (few >> 32);
        }

        ulong all = 0, high = 0;
        nuint offset = 0;
        // SAFE: offset + 8 <= length in the loop; length >= 8 below
        for (; length - offset >= 8; offset += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(start + offset);
            all += word;
            high += word >> 32;
        }

        if (offset < length)
        {
            int seen = (int)(8 * (8 - (length - offset)));
            ulong word = Unsafe.ReadUnaligned<ulong>(start + length - 8);
            word = BitConverter.IsLittleEndian ? word >> seen : word << seen;
            all += word;
            high += word >> 32;
        }

        return all - (high << 32) + high;
    }

    /// <summary>Up to seven bytes as the word that memory would hold if zeros followed them.</summary>
    private static ulong LastWord(byte* start, nuint length)
    {
        ulong word = 0;
        nuint offset = 0;
        // SAFE: each step reads what its bit of the length says is there
        if ((length & 4) != 0)
        {
            word = Place(Unsafe.ReadUnaligned<uint>(start), 0, 4);
            offset = 4;
        }

        if ((length & 2) != 0)
        {
            word |= Place(Unsafe.ReadUnaligned<ushort>(start + offset), offset, 2);
            offset += 2;
        }

        if ((length & 1) != 0)
            word |= Place(start[offset], offset, 1);
        return word;
    }

    /// <summary>Shifts a value of <paramref name="size"/> bytes to where it lies when a word is loaded from memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Place(ulong value, nuint offset, nuint size) =>
        value << (int)(8 * (BitConverter.IsLittleEndian ? offset : 8 - size - offset));

    /// <summary>The first <paramref name="count"/> (below 64) bytes, then zeros; nothing past them is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> LoadFirst(byte* start, nuint count)
    {
        Vector512<byte> mask = Vector512.LessThan(Vector512.CreateSequence<byte>(0, 1), Vector512.Create((byte)count));
        return Avx512BW.MaskLoad(start, mask, Vector512<byte>.Zero).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(byte* at, ref Vector512<ulong> all, ref Vector512<ulong> high)
    {
        Vector512<ulong> words = Vector512.Load((ulong*)at);
        all += words;
        high += words >>> 32;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(byte* at, ref Vector256<ulong> all, ref Vector256<ulong> high)
    {
        Vector256<ulong> words = Vector256.Load((ulong*)at);
        all += words;
        high += words >>> 32;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sum(Vector256<ulong> lanes) => Vector128.Sum(lanes.GetLower() + lanes.GetUpper());
}
