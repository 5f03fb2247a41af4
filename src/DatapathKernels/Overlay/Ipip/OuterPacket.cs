using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What every end of a tunnel asks of the outer packet before it looks inside, in the order Linux's receive path does.</summary>
internal static class OuterPacket
{
    public static DecapStatus Check(ReadOnlySpan<byte> frame, in PacketInfo info, IpProtocol protocol, IpProtocol other, IPv6Address? localV4, IPv6Address? localV6)
    {
        if (info.Status is ParseStatus.NotIp or ParseStatus.UnsupportedLinkType)
            return DecapStatus.NotOurs;
        bool carries = info.Protocol == protocol || info.Protocol == other;
        if (!info.HasKey)
            return Malformed(info, carries);
        if (LacksLength(info))
            return DecapStatus.BadOuterPacket;
        ReadOnlySpan<byte> packet = frame[info.L3Offset..];
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        if (!v6 && !InternetChecksum.IsValid(packet[..((packet[0] & 15) * 4)]))
            return DecapStatus.BadOuterPacket;
        if (!carries || !IsFor(packet, v6 ? localV6 : localV4, v6))
            return DecapStatus.NotOurs;
        return (info.Flags & PacketFlags.Fragment) != 0 ? DecapStatus.Fragment : DecapStatus.Ok;
    }

    /// <summary>Finds the payload of a UDP packet, to the end its length says, and checks its checksum unless told not to.</summary>
    public static DecapStatus CheckUdp(ReadOnlySpan<byte> frame, in PacketInfo info, ushort port, bool acceptsAnyChecksum, bool acceptsZero, out int start, out int end)
    {
        const int udpBytes = 8;
        int udp = info.L4Offset;
        start = udp + udpBytes;
        int said = BinaryPrimitives.ReadUInt16BigEndian(frame[(udp + 4)..]);
        int length = said == 0 ? (int)info.L4Length : said;
        end = udp + length;
        if (BinaryPrimitives.ReadUInt16BigEndian(frame[(udp + 2)..]) != port)
            return DecapStatus.NotOurs;
        if (acceptsAnyChecksum || IsSummed(frame, info, length, acceptsZero))
            return DecapStatus.Ok;
        return DecapStatus.BadUdpChecksum;
    }

    /// <summary>What an IP packet in a tunnel must be: whole to its fixed header, and of the version that was announced.</summary>
    public static DecapStatus CheckInner(ReadOnlySpan<byte> packet, int version)
    {
        if (packet.Length < (version == 4 ? Ipv4Header.MinSize : Ipv6Header.Size))
            return DecapStatus.TruncatedInner;
        return packet[0] >> 4 == version ? DecapStatus.Ok : DecapStatus.BadInner;
    }

    /// <summary>What an Ethernet frame in a tunnel must be: whole to its own header, and to the fixed IP header its type announces (<c>pskb_inet_may_pull</c>).</summary>
    public static DecapStatus CheckInnerFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Size)
            return DecapStatus.TruncatedInner;
        int announced = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            Ipv4Header.EtherType => Ipv4Header.MinSize,
            Ipv6Header.EtherType => Ipv6Header.Size,
            _ => 0,
        };
        return frame.Length < EthernetHeader.Size + announced ? DecapStatus.TruncatedInner : DecapStatus.Ok;
    }

    /// <summary>Writes into an inner IP packet what congestion the outer one met.</summary>
    /// <returns>False when it is to be dropped (RFC 6040).</returns>
    public static bool TakeOverCongestion(Span<byte> packet, byte outer)
    {
        byte before = Ecn.DsField(packet);
        if (!Ecn.TryDecapsulate(outer, before, out byte after))
            return false;
        if (after != (before & Ecn.Mask))
            Ecn.Set(packet, after);
        return true;
    }

    /// <summary>The pseudo header's partial sum, by the addresses of an IP header.</summary>
    public static uint Pseudo(ReadOnlySpan<byte> packet, bool v6, IpProtocol protocol, uint length) => v6
        ? InternetChecksum.PseudoHeaderV6(new IPv6Address(packet[8..]), new IPv6Address(packet[24..]), protocol, length)
        : InternetChecksum.PseudoHeaderV4(MemoryMarshal.Read<uint>(packet[12..]), MemoryMarshal.Read<uint>(packet[16..]), protocol, length);

    /// <summary>True when the IP length is zero though it could be said: offload leaves zero only in packets above 64 KiB (<c>iph_totlen</c>).</summary>
    public static bool LacksLength(in PacketInfo info) =>
        info.Status == ParseStatus.LengthZero && info.L3Length <= ushort.MaxValue + ((info.Flags & PacketFlags.Ipv6) != 0 ? (uint)Ipv6Header.Size : 0);

    private static DecapStatus Malformed(in PacketInfo info, bool carries) => info.Status switch
    {
        ParseStatus.BadUdpLength or ParseStatus.TruncatedTransport when carries => DecapStatus.BadUdpLength,
        _ when info.Protocol != 0 && !carries => DecapStatus.NotOurs,
        _ => DecapStatus.BadOuterPacket,
    };

    private static bool IsFor(ReadOnlySpan<byte> packet, IPv6Address? local, bool v6)
    {
        if (local is not { } address)
            return true;
        return v6 ? new IPv6Address(packet[24..]) == address : MemoryMarshal.Read<uint>(packet[16..]) == IPv6Address.FirstWord(address);
    }

    /// <summary>True when the UDP checksum is right, or zero where that will do. What the UDP length leaves out is cut off before anything is summed (<c>udp_rcv</c>).</summary>
    public static bool IsSummed(ReadOnlySpan<byte> frame, in PacketInfo info, int length, bool acceptsZero)
    {
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        if (MemoryMarshal.Read<ushort>(frame[(info.L4Offset + 6)..]) == 0)
            return !v6 || acceptsZero;
        uint pseudo = Pseudo(frame[info.L3Offset..], v6, IpProtocol.Udp, (uint)length);
        return InternetChecksum.VerifyTransport(pseudo, frame.Slice(info.L4Offset, length));
    }
}
