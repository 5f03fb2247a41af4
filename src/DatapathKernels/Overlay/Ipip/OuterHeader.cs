using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What depends on the packet in an outer IP header that is otherwise written already.</summary>
internal static class OuterHeader
{
    public const int MostBytes = ushort.MaxValue;

    /// <summary>Bytes that <see cref="CopyCompact"/> copies at least and at most: those of IP, VXLAN and short Geneve headers over IPv4, behind Ethernet's.</summary>
    public const int LeastCompact = 32, MostCompact = 96;

    /// <summary>Copies built headers as vectors that overlap.</summary>
    /// <param name="built">The headers, <see cref="LeastCompact"/> to <see cref="MostCompact"/> bytes.</param>
    /// <param name="outer">Room for them, and no more is written.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyCompact(byte[] built, ref byte outer)
    {
        // SAFE: the lengths are as above; what is before the last vector is at most 64 bytes.
        ref byte from = ref MemoryMarshal.GetArrayDataReference(built);
        nuint last = (nuint)(uint)(built.Length - Vector256<byte>.Count);
        Vector256.LoadUnsafe(ref from).StoreUnsafe(ref outer);
        if (last > (nuint)Vector256<byte>.Count)
            Vector256.LoadUnsafe(ref from, (nuint)Vector256<byte>.Count).StoreUnsafe(ref outer, (nuint)Vector256<byte>.Count);
        Vector256.LoadUnsafe(ref from, last).StoreUnsafe(ref outer, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadBigEndian(ref byte from)
    {
        uint value = Unsafe.ReadUnaligned<uint>(ref from);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReadBigEndian64(ref byte from)
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(ref from);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteBigEndian(ref byte to, ulong value) =>
        Unsafe.WriteUnaligned(ref to, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteBigEndian(ref byte to, uint value) =>
        Unsafe.WriteUnaligned(ref to, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>The version of an IP packet whose fixed header is there; 0 of anything else.</summary>
    public static int VersionOf(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv4Header.MinSize)
            return 0;
        int version = packet[0] >> 4;
        return version == 4 || (version == 6 && packet.Length >= Ipv6Header.Size) ? version : 0;
    }
}
