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

    /// <summary>True for headers that two overlapping vectors copy: those of VXLAN, Geneve and IP over IPv4.</summary>
    public static bool IsCompact(byte[] built) => built.Length >= Vector256<byte>.Count && built.Length <= 2 * Vector256<byte>.Count;

    /// <summary>Copies such headers.</summary>
    /// <param name="built">The headers.</param>
    /// <param name="outer">Room for them, and no more is written.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyCompact(byte[] built, ref byte outer)
    {
        // SAFE: there are 32 bytes or more, and 64 or fewer.
        ref byte from = ref MemoryMarshal.GetArrayDataReference(built);
        nuint last = (nuint)(uint)(built.Length - Vector256<byte>.Count);
        Vector256<byte> end = Vector256.LoadUnsafe(ref from, last);
        Vector256.LoadUnsafe(ref from).StoreUnsafe(ref outer);
        end.StoreUnsafe(ref outer, last);
    }

    /// <summary>The DS field of outer headers, by that of the packet carried.</summary>
    public static byte[] DsFields(bool inherits, byte fixedField, EcnMode mode)
    {
        byte[] fields = new byte[256];
        for (int inner = 0; inner < fields.Length; inner++)
            fields[inner] = Ecn.Encapsulate(inherits ? (byte)inner : fixedField, (byte)inner, mode);
        return fields;
    }

    /// <summary>The flags and offset of outer IPv4 headers: what they always have, and what they have where the packet carried has it.</summary>
    public static (ushort Always, ushort Inherited) FragmentFields(DontFragmentMode mode) => mode switch
    {
        DontFragmentMode.Set => (InnerFields.DontFragment, 0),
        DontFragmentMode.Inherit => (0, InnerFields.DontFragment),
        _ => (0, 0),
    };

    /// <summary>
    /// Writes all of the IPv4 header of an outer packet but its addresses, whose sum is known: twelve bytes, in two stores.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishV4(ref byte network, int bytes, uint addressSum, IpProtocol protocol, byte tos, byte ttl, ushort id, ushort fragment)
    {
        ulong first = ((ulong)(0x4500u | tos) << 48) | ((ulong)(uint)bytes << 32) | ((ulong)id << 16) | fragment;
        uint second = ((uint)ttl << 24) | ((uint)protocol << 16);
        uint sum = addressSum + (0x4500u | tos) + (uint)bytes + id + fragment + (second >> 16);
        WriteBigEndian(ref network, first);
        WriteBigEndian(ref Unsafe.Add(ref network, 8), second | InternetChecksum.Finish(sum));
    }

    /// <summary>Finishes the IPv6 header of a whole outer packet.</summary>
    public static void FinishV6(ref byte network, int bytes, byte tos, byte ttl)
    {
        uint first = ReadBigEndian(ref network);
        WriteBigEndian(ref network, (first & 0xf00f_ffff) | ((uint)tos << 20));
        uint second = ReadBigEndian(ref Unsafe.Add(ref network, 4));
        WriteBigEndian(ref Unsafe.Add(ref network, 4), ((uint)(bytes - Ipv6Header.Size) << 16) | (second & 0xff00) | ttl);
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
