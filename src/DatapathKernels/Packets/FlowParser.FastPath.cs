using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Packets;

/// <summary>The short path: Ethernet with at most one VLAN tag, IP without options or fragments, TCP or UDP.</summary>
/// <remarks>
/// Whatever it accepts is a packet for which the general path says <see cref="ParseStatus.Ok"/>, with equal key and record;
/// whatever it refuses, sound or not, is left to the general path. So it needs no statuses: every doubt is a refusal.
/// TCP and UDP share one instruction stream, because a branch between them cannot be predicted in mixed traffic: what
/// differs is looked up (<see cref="LengthClaim"/>). The words are read little-endian; other machines take the general path.
/// </remarks>
public static partial class FlowParser
{
    // EtherTypes as a little-endian load sees them.
    private const ushort Ipv4TypeLe = 0x0008, Ipv6TypeLe = 0xdd86, VlanTypeLe = 0x0081;

    private const uint EthernetBytes = 14, TagBytes = 4, UdpBytes = 8;

    /// <summary>The smallest frame the short path may accept: an empty UDP datagram over IPv4.</summary>
    private const uint FastFrameBytes = EthernetBytes + Ipv4Bytes + UdpBytes;

    /// <summary>The short path of one frame; nothing is written unless it is accepted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFast(
        ReadOnlySpan<byte> frame, LinkType link, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, ref PacketInfo info)
    {
        uint length = (uint)frame.Length;
        if (!BitConverter.IsLittleEndian || link != LinkType.Ethernet || length < FastFrameBytes)
            return false;

        ref byte start = ref MemoryMarshal.GetReference(frame);
        uint l3 = FindFast(ref start, out ushort typeLe);
        ref byte ip = ref Unsafe.Add(ref start, l3);
        return typeLe == Ipv4TypeLe ? TryFastIpv4(ref ip, length - l3, l3, zone, ref v4, ref info)
            : typeLe == Ipv6TypeLe && TryFastIpv6(ref ip, length - l3, l3, zone, ref v6, ref info);
    }

    /// <summary>Where the network header of a plain Ethernet frame is; the type is as loaded, little-endian.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint FindFast(ref byte frame, out ushort typeLe)
    {
        // SAFE: the caller proved FastFrameBytes.
        typeLe = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref frame, 12));
        if (typeLe != VlanTypeLe)
            return EthernetBytes;
        typeLe = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref frame, 16));
        return EthernetBytes + TagBytes;
    }

    /// <summary>Accepts an IPv4 packet with a 20-byte header, unfragmented, holding a sound TCP or UDP header.</summary>
    /// <param name="ip">The first byte of the IPv4 header.</param>
    /// <param name="available">Bytes of the frame from there on.</param>
    /// <param name="l3">Offset of that byte in the frame.</param>
    /// <param name="zone">The conntrack zone.</param>
    /// <param name="key">Written when accepted.</param>
    /// <param name="info">Written when accepted.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFastIpv4(ref byte ip, uint available, uint l3, ushort zone, ref FlowKeyV4 key, ref PacketInfo info)
    {
        if (available < Ipv4Bytes + UdpBytes)
            return false;

        // SAFE: bytes 0..27 are in the frame.
        uint first = Unsafe.ReadUnaligned<uint>(ref ip);                          // version and IHL, TOS, total length
        uint second = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref ip, 6));      // flags and fragment offset, TTL, protocol
        uint total = BinaryPrimitives.ReverseEndianness(first) & 0xffff;
        uint protocol = second >> 24;
        ref readonly LengthClaim claim = ref LengthClaim.ByProtocol[(byte)protocol];
        int segment = (int)total - Ipv4Bytes;
        if ((((first & 0xff) ^ 0x45) | (second & 0xff3f)) != 0 || total > available || segment < claim.Smallest)
            return false;

        // SAFE: the smallest transport header is inside the datagram and that inside the frame.
        if (!IsSound(claim, ref Unsafe.Add(ref ip, Ipv4Bytes), segment))
            return false;

        ref byte bytes = ref Unsafe.As<FlowKeyV4, byte>(ref key);
        Unsafe.WriteUnaligned(ref bytes, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref ip, 12)));
        Unsafe.WriteUnaligned(
            ref Unsafe.Add(ref bytes, 8), Tail(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref ip, Ipv4Bytes)), protocol, zone));
        WriteInfo(ref info, total, l3, l3 + Ipv4Bytes, PacketFlags.Ipv4 | PacketFlags.Transport, protocol);
        return true;
    }

    /// <summary>Accepts an IPv6 packet without extension headers and with a payload length, holding a sound TCP or UDP header.</summary>
    /// <inheritdoc cref="TryFastIpv4"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFastIpv6(ref byte ip, uint available, uint l3, ushort zone, ref FlowKeyV6 key, ref PacketInfo info)
    {
        if (available < Ipv6Bytes + UdpBytes)
            return false;

        // SAFE: bytes 0..47 are in the frame.
        uint second = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref ip, 4));      // payload length, next header, hop limit
        int segment = (int)(BinaryPrimitives.ReverseEndianness(second) >> 16);
        uint protocol = (second >> 16) & 0xff;
        ref readonly LengthClaim claim = ref LengthClaim.ByProtocol[(byte)protocol];
        if ((ip & 0xf0) != 0x60 || (uint)segment > available - Ipv6Bytes || segment < claim.Smallest)
            return false;

        // SAFE: the smallest transport header is inside the datagram and that inside the frame.
        if (!IsSound(claim, ref Unsafe.Add(ref ip, Ipv6Bytes), segment))
            return false;

        ref byte bytes = ref Unsafe.As<FlowKeyV6, byte>(ref key);
        Vector256.LoadUnsafe(ref ip, 8).StoreUnsafe(ref bytes);
        Unsafe.WriteUnaligned(
            ref Unsafe.Add(ref bytes, 32), Tail(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref ip, Ipv6Bytes)), protocol, zone));
        WriteInfo(ref info, (uint)(Ipv6Bytes + segment), l3, l3 + Ipv6Bytes, PacketFlags.Ipv6 | PacketFlags.Transport, protocol);
        return true;
    }

    /// <summary>The claimed length lies between the smallest header and the segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSound(in LengthClaim claim, ref byte transport, int segment)
    {
        // SAFE: the caller proved the smallest header, which holds the claim.
        ushort field = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref transport, claim.Offset));
        int claimed = (BinaryPrimitives.ReverseEndianness(field) >> claim.Shift) & claim.Mask;
        return claimed >= claim.Smallest && claimed <= segment;
    }

    /// <summary>The last 8 bytes of a key: ports, protocol, reserved, zone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(uint ports, uint protocol, ushort zone) => ports | ((ulong)protocol << 32) | ((ulong)zone << 48);

    /// <summary>The record as two words; the layout is <see cref="PacketInfo"/>'s, and a test holds it to that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteInfo(ref PacketInfo info, uint l3Length, uint l3, uint l4, PacketFlags flags, uint protocol)
    {
        uint vlan = l3 == EthernetBytes ? 0 : (uint)PacketFlags.Vlan;
        ref byte bytes = ref Unsafe.As<PacketInfo, byte>(ref info);
        Unsafe.WriteUnaligned(ref bytes, l3Length | ((ulong)l3 << 32) | ((ulong)l4 << 48));
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref bytes, 8), ((ulong)((uint)flags | vlan) << 24) | ((ulong)protocol << 32));
    }
}
