using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// Reads network-order fields behind a reference that a <c>TryParse</c> has proved: one unaligned load and a byte swap each,
/// no checks. Every header view reads through here and nowhere else.
/// </summary>
internal static class Wire
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte U8(ref readonly byte start, int offset) => Unsafe.Add(ref Unsafe.AsRef(in start), offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort U16(ref readonly byte start, int offset)
    {
        ushort raw = Raw<ushort>(in start, offset);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(raw) : raw;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint U32(ref readonly byte start, int offset)
    {
        uint raw = Raw<uint>(in start, offset);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(raw) : raw;
    }

    /// <summary>The bytes as they stand, in the machine's own order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Raw<T>(ref readonly byte start, int offset)
        where T : unmanaged =>
        // SAFE: the view's TryParse proved offset + sizeof(T) bytes.
        Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref Unsafe.AsRef(in start), offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Bytes(ref readonly byte start, int offset, int length) =>
        // SAFE: the view's TryParse proved offset + length bytes.
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref Unsafe.AsRef(in start), offset), length);
}
