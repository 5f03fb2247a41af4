using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>Tuples of both families in one type (IPv4 as ::ffff:a.b.c.d), and their inverses.</summary>
internal static class ConnectionKeys
{
    // ICMP request and reply types come in pairs; 0 has none. RFC 792 and 950; RFC 4443 and 4620.
    private static ReadOnlySpan<byte> IcmpPairs => [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 13, 16, 15, 18, 17];

    public static FlowKeyV6 Of(in FlowKeyV4 key) => new(
        Mapped(key.SourceBe), Mapped(key.DestinationBe), key.SourcePortBe, key.DestinationPortBe, key.Protocol, key.Zone);

    public static IPv6Address Mapped(uint addressBe) =>
        Unsafe.BitCast<Vector128<uint>, IPv6Address>(Vector128.Create(0, 0, BitConverter.IsLittleEndian ? 0xffff0000 : 0x0000ffff, addressBe));

    /// <summary>True for a tuple of two IPv4 addresses in their mapped form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsV4(in FlowKeyV6 key)
    {
        uint mark = BitConverter.IsLittleEndian ? 0xffff0000 : 0x0000ffff;
        Vector256<uint> addresses = Vector256.LoadUnsafe(ref Unsafe.As<FlowKeyV6, uint>(ref Unsafe.AsRef(in key)));
        return (addresses & Vector256.Create(uint.MaxValue, uint.MaxValue, uint.MaxValue, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0)) == Vector256.Create(0, 0, mark, 0, 0, 0, mark, 0);
    }

    /// <summary>Such a tuple in 16 bytes: its addresses without the prefix, and the last word, which both forms have alike.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FlowKeyV4 ToV4(in FlowKeyV6 key)
    {
        ref uint words = ref Unsafe.As<FlowKeyV6, uint>(ref Unsafe.AsRef(in key));
        return Unsafe.BitCast<Vector128<uint>, FlowKeyV4>(Vector128.Create(Unsafe.Add(ref words, 3), Unsafe.Add(ref words, 7), Unsafe.Add(ref words, 8), Unsafe.Add(ref words, 9)));
    }

    /// <summary>The same as a vector, by a load and a permutation: for loops that are not in need of it at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Narrow(in FlowKeyV6 key)
    {
        // SAFE: words 2 to 9, the last of ten
        Vector256<uint> words = Vector256.LoadUnsafe(ref Unsafe.As<FlowKeyV6, uint>(ref Unsafe.AsRef(in key)), 2);
        return Vector256.Shuffle(words, Vector256.Create(1u, 5, 6, 7, 0, 0, 0, 0)).GetLower();
    }

    /// <summary>Both addresses of such a tuple in one word as they stand in a <see cref="FlowKeyV4"/>, for hashing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong V4Addresses(in FlowKeyV6 key)
    {
        ref uint words = ref Unsafe.As<FlowKeyV6, uint>(ref Unsafe.AsRef(in key));
        (ulong source, ulong destination) = (Unsafe.Add(ref words, 3), Unsafe.Add(ref words, 7));
        return BitConverter.IsLittleEndian ? source | (destination << 32) : (source << 32) | destination;
    }

    /// <summary>Ports, protocol and zone in one word, for hashing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LastWord(in FlowKeyV6 key) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<FlowKeyV6, byte>(ref Unsafe.AsRef(in key)), 32));

    /// <summary>True for an IPv4 address in its mapped form.</summary>
    public static bool IsV4(in IPv6Address address)
    {
        ReadOnlySpan<uint> words = System.Runtime.InteropServices.MemoryMarshal.Cast<IPv6Address, uint>(new ReadOnlySpan<IPv6Address>(in address));
        return (words[0] | words[1]) == 0 && words[2] == (BitConverter.IsLittleEndian ? 0xffff0000 : 0x0000ffff);
    }

    /// <summary>An address of a tuple as bindings and writers take it: IPv4 in the first four bytes.</summary>
    public static IPv6Address Wire(bool ipv4, in IPv6Address address)
    {
        return ipv4 ? IPv6Address.OfV4(Unsafe.Add(ref Unsafe.As<IPv6Address, uint>(ref Unsafe.AsRef(in address)), 3)) : address;
    }

    /// <summary>The reverse of <see cref="Wire"/>.</summary>
    public static IPv6Address FromWire(bool ipv4, in IPv6Address address) => ipv4 ? Mapped(IPv6Address.FirstWord(address)) : address;

    /// <summary>The tuple of the answer; false when messages of that type have none (<c>nf_ct_invert_tuple</c>).</summary>
    public static bool TryInvert(in FlowKeyV6 key, out FlowKeyV6 inverse)
    {
        ushort source = key.DestinationPortBe, destination = key.SourcePortBe;
        if (key.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            byte type = (byte)(key.DestinationPort >> 8);
            inverse = default;
            if (!TryPair(key.Protocol, type, out byte pair))
                return false;
            source = key.SourcePortBe;
            destination = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)((pair << 8) | (byte)key.DestinationPort));
        }

        inverse = new FlowKeyV6(key.Destination, key.Source, source, destination, key.Protocol, key.Zone);
        return true;
    }

    /// <summary>True for the messages that may start a connection.</summary>
    public static bool IsRequest(in FlowKeyV6 key) => (key.DestinationPort >> 8, key.Protocol) is
        (8 or 13 or 15 or 17, IpProtocol.Icmp) or (128 or 139, IpProtocol.IcmpV6);

    private static bool TryPair(IpProtocol protocol, byte type, out byte pair)
    {
        if (protocol == IpProtocol.IcmpV6)
        {
            pair = (byte)(type ^ 1);
            return type is 128 or 129 or 139 or 140 && (pair = type is 139 ? (byte)140 : type is 140 ? (byte)139 : pair) != 0;
        }

        pair = type < IcmpPairs.Length ? IcmpPairs[type] : (byte)0;
        return type == 8 || pair != 0;
    }

    public static FlowKeyV6 WithSource(in FlowKeyV6 key, in IPv6Address address, ushort portBe) =>
        new(address, key.Destination, portBe, key.DestinationPortBe, key.Protocol, key.Zone);

    public static FlowKeyV6 WithDestination(in FlowKeyV6 key, in IPv6Address address, ushort portBe) =>
        new(key.Source, address, key.SourcePortBe, portBe, key.Protocol, key.Zone);
}
