using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>The last bytes of a message, fewer than a word.</summary>
internal static class Tail
{
    /// <summary>
    /// Up to 7 bytes as a little-endian number. Two reads that may overlap cover 4 bytes or more, three single bytes cover
    /// fewer: where reads overlap they bring the same bytes to the same place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length;
        if (length >= 4)
        {
            ulong last = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(length - 4)..]);
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes) | (last << (8 * (length - 4)));
        }

        if (length == 0)
            return 0;
        int middle = length >> 1;
        return bytes[0] | ((ulong)bytes[middle] << (8 * middle)) | ((ulong)bytes[length - 1] << (8 * (length - 1)));
    }
}
