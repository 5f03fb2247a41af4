using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

public static unsafe partial class InternetChecksum
{
    /// <summary>
    /// Copies bytes and sums them on the way, as the kernel's <c>csum_partial_copy</c> does: what has been loaded to be
    /// stored costs two additions more, where a sum of its own would load everything again.
    /// </summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Room for them, which does not overlap them. Nothing behind the copy is written.</param>
    /// <returns>The partial sum of the bytes.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint CopyAndSum(ReadOnlySpan<byte> source, Span<byte> destination) => CopyAndSum<NativeIsa>(source, destination);

    /// <summary><see cref="CopyAndSum(ReadOnlySpan{byte}, Span{byte})"/> with the vector widths of a policy.</summary>
    internal static uint CopyAndSum<TIsa>(ReadOnlySpan<byte> source, Span<byte> destination)
        where TIsa : struct, IIsa
    {
        if (destination.Length < source.Length)
            Throw.Argument(nameof(destination), "expected room for every byte of the source");
        Debug.Assert(!MemoryExtensions.Overlaps(source, destination), "source and destination overlap");
        fixed (byte* from = &MemoryMarshal.GetReference(source))
        fixed (byte* to = &MemoryMarshal.GetReference(destination))
        {
            nuint length = (nuint)source.Length;
            ulong sum;
            if (TIsa.V512 && Avx512BW.IsSupported)
                sum = Copy512(from, to, length);
            else if (TIsa.V256 && length >= 32)
                sum = Copy256(from, to, length);
            else
                sum = CopyScalar(from, to, length);
            return ToHostOrder(Fold(sum));
        }
    }

    /// <summary>
    /// The steps of <see cref="Sum512"/>, each followed by a store. Both ends of the last vector are masked, so neither reads
    /// nor writes past the end.
    /// </summary>
    private static ulong Copy512(byte* from, byte* to, nuint length)
    {
        Vector512<ulong> all = default, high = default, all2 = default, high2 = default;
        nuint offset = 0;
        // SAFE: both loops load and store below length; the masked step touches length - offset bytes
        for (; length - offset >= 256; offset += 256)
        {
            Move(from + offset, to + offset, ref all, ref high);
            Move(from + offset + 64, to + offset + 64, ref all2, ref high2);
            Move(from + offset + 128, to + offset + 128, ref all, ref high);
            Move(from + offset + 192, to + offset + 192, ref all2, ref high2);
        }

        for (; length - offset >= 64; offset += 64)
            Move(from + offset, to + offset, ref all, ref high);
        if (offset < length)
        {
            Vector512<byte> mask = Vector512.LessThan(Vector512.CreateSequence<byte>(0, 1), Vector512.Create((byte)(length - offset)));
            Vector512<byte> last = Avx512BW.MaskLoad(from + offset, mask, Vector512<byte>.Zero);
            Avx512BW.MaskStore(to + offset, mask, last);
            all2 += last.AsUInt64();
            high2 += last.AsUInt64() >>> 32;
        }

        all += all2;
        high += high2;
        Vector512<ulong> sums = all - (high << 32) + high;
        return Sum(sums.GetLower() + sums.GetUpper());
    }

    private static ulong Copy256(byte* from, byte* to, nuint length)
    {
        Vector256<ulong> all = default, high = default, all2 = default, high2 = default;
        nuint offset = 0;
        // SAFE: both loops load and store below length
        for (; length - offset >= 64; offset += 64)
        {
            Move(from + offset, to + offset, ref all, ref high);
            Move(from + offset + 32, to + offset + 32, ref all2, ref high2);
        }

        if (length - offset >= 32)
        {
            Move(from + offset, to + offset, ref all, ref high);
            offset += 32;
        }

        all += all2;
        high += high2;
        return Sum(all - (high << 32) + high) + CopyScalar(from + offset, to + offset, length - offset);
    }

    /// <summary>The specification: words of 64 bits, then the rest, copied and summed. 128-bit vectors gain nothing on it.</summary>
    private static ulong CopyScalar(byte* from, byte* to, nuint length)
    {
        ulong all = 0, high = 0;
        nuint offset = 0;
        // SAFE: offset + 8 <= length in the loop; the rest lies between offset and length
        for (; length - offset >= 8; offset += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(from + offset);
            Unsafe.WriteUnaligned(to + offset, word);
            all += word;
            high += word >> 32;
        }

        Unsafe.CopyBlockUnaligned(to + offset, from + offset, (uint)(length - offset));
        return all - (high << 32) + high + SumScalar(from + offset, length - offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(byte* from, byte* to, ref Vector512<ulong> all, ref Vector512<ulong> high)
    {
        Vector512<ulong> words = Vector512.Load((ulong*)from);
        words.Store((ulong*)to);
        all += words;
        high += words >>> 32;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(byte* from, byte* to, ref Vector256<ulong> all, ref Vector256<ulong> high)
    {
        Vector256<ulong> words = Vector256.Load((ulong*)from);
        words.Store((ulong*)to);
        all += words;
        high += words >>> 32;
    }
}
