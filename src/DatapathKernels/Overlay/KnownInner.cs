using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// The sum of a frame whose transport checksum is right, without reading its payload (Linux's local checksum offload): such a segment and its
/// pseudo header sum to 0xffff, so the segment alone sums to the complement of the pseudo header.
/// </summary>
internal static class KnownInner
{
    private const int EthernetBytes = EthernetHeader.Size, PlainHeaders = EthernetBytes + Ipv4Header.MinSize;

    /// <summary>True for a whole TCP segment in IPv4 without options in an untagged, unpadded frame, whose sum is a few instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPlainTcp(int bytes, in PacketInfo info)
    {
        const PacketFlags asked = PacketFlags.Ipv4 | PacketFlags.Transport | PacketFlags.Fragment;
        return info.Status == ParseStatus.Ok && info.Protocol == IpProtocol.Tcp && (info.Flags & asked) == (PacketFlags.Ipv4 | PacketFlags.Transport)
            && info.L3Offset == EthernetBytes && info.L4Offset == PlainHeaders && bytes == EthernetBytes + info.L3Length && bytes >= PlainHeaders;
    }

    /// <summary>The addresses stand in both header and pseudo header and cancel out: what is before them counts, and the pseudo header's last two words, negative.</summary>
    /// <param name="frame">The first byte of one that is <see cref="IsPlainTcp"/>.</param>
    /// <param name="segmentBytes">TCP header and data, bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SumPlainTcp(ref byte frame, uint segmentBytes) =>
        InternetChecksum.SumBeforeAddresses(ref frame) + (ushort.MaxValue - (segmentBytes + (uint)IpProtocol.Tcp));

    /// <summary>The sum of any frame with a transport header.</summary>
    public static uint Sum(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (!IsKnown(frame, info))
            return InternetChecksum.Sum(frame);
        int end = info.L3Offset + (int)info.L3Length;
        uint segment = InternetChecksum.Finish(Pseudo(frame, info));
        uint headers = InternetChecksum.Sum(frame[..info.L4Offset]);
        uint packet = InternetChecksum.Add(headers, segment);
        return end == frame.Length ? packet : InternetChecksum.Combine(packet, end, InternetChecksum.Sum(frame[end..]));
    }

    private static bool IsKnown(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if ((info.Flags & PacketFlags.Fragment) != 0 || info.L4Offset % 2 != 0 || info.L3Offset + (long)info.L3Length > frame.Length)
            return false;
        return info.Protocol switch
        {
            IpProtocol.Tcp => true,
            // Zero is no checksum; one that does not cover the whole segment says nothing of the rest.
            IpProtocol.Udp => MemoryMarshal.Read<ushort>(frame[(info.L4Offset + 6)..]) != 0
                && System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 4)..]) == info.L4Length,
            _ => false,
        };
    }

    private static uint Pseudo(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> packet = frame[info.L3Offset..];
        return (info.Flags & PacketFlags.Ipv4) != 0
            ? InternetChecksum.PseudoHeaderV4(MemoryMarshal.Read<uint>(packet[12..]), MemoryMarshal.Read<uint>(packet[16..]), info.Protocol, info.L4Length)
            : InternetChecksum.PseudoHeaderV6(new IPv6Address(packet[8..]), new IPv6Address(packet[24..]), info.Protocol, info.L4Length);
    }
}
