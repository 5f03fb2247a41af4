using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

public static partial class InternetChecksum
{
    // Every step below sums 64-bit words w = high * 2^32 + low. Since 2^32 = 1 modulo 0xffff, high + low is what is
    // wanted. Two accumulators are kept: `all`, the words added modulo 2^64, and `high`, their upper halves added exactly.
    // `all - (high << 32)` is the exact sum of the lower halves as long as that stays below 2^64, that is for 2^32 words.
    // So a word costs two additions and a shift: no carry to detect and no half to mask out.

    /// <summary>A number below 2^38 for any span, congruent to the sum of the native-order words modulo 0xffff.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SumNative<TIsa>(ref byte start, nuint length)
        where TIsa : struct, IIsa => SumScalar(ref start, length);

    /// <summary>The specification, and the path of short input.</summary>
    private static ulong SumScalar(ref byte start, nuint length)
    {
        ulong all = 0, high = 0;
        nuint offset = 0;
        for (; length - offset >= 8; offset += 8)
        {
            // SAFE: offset + 8 <= length
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref start, offset));
            all += word;
            high += word >> 32;
        }

        ulong last = LastWord(ref Unsafe.AddByteOffset(ref start, offset), length - offset);
        all += last;
        high += last >> 32;
        return all - (high << 32) + high;
    }

    /// <summary>Up to seven bytes as the word that memory would hold if zeros followed them.</summary>
    private static ulong LastWord(ref byte start, nuint length)
    {
        ulong word = 0;
        nuint offset = 0;
        // SAFE: each step reads what its bit of the length says is there
        if ((length & 4) != 0)
        {
            word = Place(Unsafe.ReadUnaligned<uint>(ref start), 0, 4);
            offset = 4;
        }

        if ((length & 2) != 0)
        {
            word |= Place(Unsafe.ReadUnaligned<ushort>(ref Unsafe.AddByteOffset(ref start, offset)), offset, 2);
            offset += 2;
        }

        if ((length & 1) != 0)
            word |= Place(Unsafe.AddByteOffset(ref start, offset), offset, 1);
        return word;
    }

    /// <summary>Shifts a value of <paramref name="size"/> bytes to where it lies when a word is loaded from memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Place(ulong value, nuint offset, nuint size) =>
        value << (int)(8 * (BitConverter.IsLittleEndian ? offset : 8 - size - offset));
}
