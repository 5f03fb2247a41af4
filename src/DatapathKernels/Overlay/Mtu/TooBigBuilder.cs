using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Builds ICMP "fragmentation needed" (RFC 1191) or ICMPv6 "packet too big" (RFC 8201) about a packet that does not fit, as a
/// datagram from its IP header on, or says why its sender is not told.
/// </summary>
/// <remarks>
/// The refusals are those of Linux's <c>iptunnel_pmtud_check_icmp</c> and <c>iptunnel_pmtud_check_icmpv6</c>. Whoever gets a
/// refusal for an oversized packet encapsulates it all the same and lets the outer packet be fragmented, or drops it.
/// </remarks>
public static class TooBigBuilder
{
    /// <summary>The largest answer: an ICMPv6 error.</summary>
    public const int MaxBytes = 1280;

    /// <summary>The least MTU told over IPv4 by a bridge port: what every host takes (RFC 791).</summary>
    public const int MinMtuV4 = 576;

    /// <summary>The least MTU of IPv6 (RFC 8200).</summary>
    public const int MinMtuV6 = 1280;

    private const byte UnreachableType = 3, FragmentationNeeded = 4, PacketTooBigType = 2;
    private const int MostV4 = 576, KatranMostV4 = 112, KatranMostV6 = 296;

    /// <summary>Builds the error.</summary>
    /// <param name="frame">The frame with the packet that does not fit: the inner one of a tunnel.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="mtu">The largest packet that would have fitted, bytes: the path MTU less the tunnel's headroom.</param>
    /// <param name="style">Who tells.</param>
    /// <param name="router">The router's address, as on the wire, IPv4 in the first four bytes; only <see cref="TooBigStyle.Router"/> uses it.</param>
    /// <param name="answer">Room; <see cref="MaxBytes"/> are always enough.</param>
    /// <param name="length">Bytes written; 0 unless the result is <see cref="TooBigStatus.Ok"/>.</param>
    public static TooBigStatus TryBuild(ReadOnlySpan<byte> frame, in PacketInfo info, int mtu, TooBigStyle style, in IPv6Address router, Span<byte> answer, out int length)
    {
        length = 0;
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        if (!info.HasKey || info.L3Offset + (long)info.L3Length > frame.Length)
            return TooBigStatus.NotApplicable;
        ReadOnlySpan<byte> packet = frame.Slice(info.L3Offset, (int)info.L3Length);
        bool ownName = style == TooBigStyle.Router;
        TooBigStatus status = ipv4 ? CheckV4(packet, mtu, style) : CheckV6(packet, info, mtu, style);
        if (status == TooBigStatus.Ok && IsIcmpError(frame, info, ipv4))
            status = TooBigStatus.IcmpError;
        if (status != TooBigStatus.Ok)
            return status;

        IPv6Address source = ownName ? router : ipv4 ? IPv6Address.OfV4(MemoryMarshal.Read<uint>(packet[16..])) : new IPv6Address(packet[24..]);
        length = IcmpErrorWriter.Write(
            frame, info, packet.Length, ipv4 ? UnreachableType : PacketTooBigType, ipv4 ? FragmentationNeeded : (byte)0, (uint)mtu, source, ShapeOf(style, packet, ipv4), answer);
        return length == 0 ? TooBigStatus.NoRoom : TooBigStatus.Ok;
    }

    private static IcmpErrorShape ShapeOf(TooBigStyle style, ReadOnlySpan<byte> packet, bool ipv4) => style switch
    {
        TooBigStyle.Router => new(ipv4 ? MostV4 : MaxBytes, (byte)(ipv4 ? (packet[1] & 0x1e) | 0xc0 : 0)),
        TooBigStyle.Katran => new(ipv4 ? KatranMostV4 : KatranMostV6),
        _ => new(ipv4 ? MostV4 : MaxBytes, 0, packet[ipv4 ? 8 : 7], DontFragment: true),
    };

    /// <summary>A load balancer answers whatever it cannot forward; Linux only who set DF and nothing but DF.</summary>
    private static TooBigStatus CheckV4(ReadOnlySpan<byte> packet, int mtu, TooBigStyle style)
    {
        const ushort DontFragment = 0x4000;
        if (mtu is < 68 or > ushort.MaxValue || (style == TooBigStyle.Bridge && mtu < MinMtuV4))
            return TooBigStatus.BelowMinimum;
        ushort field = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        if (style != TooBigStyle.Katran && field != DontFragment)
            return TooBigStatus.MayFragment;
        uint from = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]), to = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]);
        bool unicast = from >> 28 != 14 && to >> 28 != 14 && from != uint.MaxValue && to != uint.MaxValue && from >> 24 is not (0 or 127);
        return unicast ? TooBigStatus.Ok : TooBigStatus.NotUnicast;
    }

    /// <summary>
    /// Packets to many may be answered (RFC 4443), by a router in its own name, by Linux's tunnels even in the name of the many. Those ask for the source's type by equality:
    /// the loopback address, which is unicast besides, and groups of less than global scope are answered.
    /// </summary>
    private static TooBigStatus CheckV6(ReadOnlySpan<byte> packet, in PacketInfo info, int mtu, TooBigStyle style)
    {
        if (mtu < MinMtuV6)
            return TooBigStatus.BelowMinimum;
        if ((info.Flags & PacketFlags.NonFirstFragment) != 0)
            return TooBigStatus.MayFragment;
        ReadOnlySpan<byte> from = packet.Slice(8, 16);
        bool bridge = style == TooBigStyle.Bridge;
        bool nobody = !from[..15].ContainsAnyExcept((byte)0) && from[15] <= (bridge ? 0 : 1);
        bool many = from[0] == 0xff && !(bridge && (from[1] & 15) is 1 or 2 or 5);
        bool unicast = !many && !nobody && (style != TooBigStyle.Katran || packet[24] != 0xff);
        return unicast ? TooBigStatus.Ok : TooBigStatus.NotUnicast;
    }

    /// <summary>ICMP whose type is cut off counts as an error: it cannot be known not to be one.</summary>
    private static bool IsIcmpError(ReadOnlySpan<byte> frame, in PacketInfo info, bool ipv4)
    {
        if (info.Protocol != (ipv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6))
            return false;
        if (info.L4Length == 0)
            return true;
        byte type = frame[info.L4Offset];
        return ipv4 ? QuotedPacketParser.IsIcmpError(type) : QuotedPacketParser.IsIcmpV6Error(type);
    }
}
