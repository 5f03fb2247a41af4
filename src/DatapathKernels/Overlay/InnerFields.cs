using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The fields of a carried packet that show in the header around it.</summary>
/// <param name="DsField">TOS or traffic class in the low eight bits, the others mean nothing; 0 of what is no IP.</param>
/// <param name="Word">As in one word of an IPv4 header: <see cref="DontFragment"/>, TTL or hop limit in bits 8 to 15 (0 of what is no IP); the others mean nothing.</param>
internal readonly record struct InnerFields(uint DsField, uint Word)
{
    /// <summary>The bit that forbids routers to fragment, in <see cref="Word"/>.</summary>
    public const uint DontFragment = 0x4000_0000;

    private const uint AnyTtl = 0xff00;
    private const uint Ipv4Start = ((uint)Ipv4Header.EtherType << 4) | 4, Ipv6Start = ((uint)Ipv6Header.EtherType << 4) | 6;
    private const int Ethernet = EthernetHeader.Size;

    /// <summary>Of a frame that is an untagged IP packet, which four bytes around the packet's start tell.</summary>
    /// <param name="frame">Its first byte.</param>
    /// <param name="bytes">Its length, at least that of an IPv4 header behind Ethernet's.</param>
    /// <param name="fields">The fields, when it is one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadPlain(ref byte frame, uint bytes, out InnerFields fields)
    {
        // SAFE: an IPv4 header is there.
        uint start = OuterHeader.ReadBigEndian(ref Unsafe.Add(ref frame, Ethernet - 2)), word = OuterHeader.ReadBigEndian(ref Unsafe.Add(ref frame, Ethernet + 6));
        fields = new(start, word);
        if (start >> 12 == Ipv4Start)
            return true;
        fields = OfV6(start, word);
        return start >> 12 == Ipv6Start && bytes >= Ethernet + Ipv6Header.Size;
    }

    /// <summary>The same of eight frames.</summary>
    /// <param name="start">Bytes 12 to 15 of each, host order.</param>
    /// <param name="word">Bytes 20 to 23.</param>
    /// <param name="bytes">Their lengths.</param>
    /// <param name="dsFields">Receives their DS fields, as <see cref="DsField"/>.</param>
    /// <param name="words">Receives their <see cref="Word"/>.</param>
    /// <param name="isV6">Receives all ones for each that is IPv6.</param>
    /// <returns>All ones for each that is such a packet; what the others receive means nothing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ReadPlain(
        Vector256<uint> start, Vector256<uint> word, Vector256<int> bytes, out Vector256<uint> dsFields, out Vector256<uint> words, out Vector256<uint> isV6)
    {
        Vector256<uint> type = start >>> 12, isV4 = Vector256.Equals(type, Vector256.Create(Ipv4Start));
        isV6 = Vector256.Equals(type, Vector256.Create(Ipv6Start)) & Vector256.GreaterThan(bytes, Vector256.Create(Ethernet + Ipv6Header.Size - 1)).AsUInt32();
        dsFields = Vector256.ConditionalSelect(isV6, start >>> 4, start);
        words = Vector256.ConditionalSelect(isV6, ((word >>> 8) & Vector256.Create(AnyTtl)) | Vector256.Create(DontFragment), word);
        return isV4 | isV6;
    }

    /// <summary>Of an Ethernet frame.</summary>
    public static InnerFields OfFrame(ReadOnlySpan<byte> frame)
    {
        InnerFrame carried = new(frame);
        return new(carried.DsField, ((uint)carried.Ttl << 8) | (carried.DontFragment ? DontFragment : 0));
    }

    /// <summary>Of an IP packet whose fixed header is there. IPv6 does not ask that its header around it be fragmented or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InnerFields OfPacket(ref byte packet, int version)
    {
        uint start = OuterHeader.ReadBigEndian(ref packet);
        return version == 4
            ? new(start >> 16, OuterHeader.ReadBigEndian(ref Unsafe.Add(ref packet, 6)))
            : new(start >> 20, (uint)Unsafe.Add(ref packet, 7) << 8);
    }

    /// <summary>The hop limit is a byte before the TTL's place, and there is no bit: no router fragments such a packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static InnerFields OfV6(uint start, uint word) => new(start >> 4, ((word >> 8) & AnyTtl) | DontFragment);
}
