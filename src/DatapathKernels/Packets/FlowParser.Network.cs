using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>The general path: every link type, options, extension headers, fragments, every protocol, every status.</summary>
public static partial class FlowParser
{
    private const int Ipv4Header = 20, Ipv6Header = 40;
    private const int EthernetHeader = 14;

    /// <summary>The specification of every other path. The keys must be zero on entry.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ParseStatus ParseGeneral(
        ReadOnlySpan<byte> frame, LinkType link, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, out PacketInfo info)
    {
        ParseStatus status = FindNetwork(frame, link, out int l3, out int version, out PacketFlags flags);
        if (status != ParseStatus.Ok)
        {
            info = new PacketInfo(status, flags, 0, 0, 0, 0, 0);
            return status;
        }

        info = version == 4
            ? ParseIpv4(frame, l3, flags, zone, ref v4)
            : ParseIpv6(frame, l3, flags, zone, ref v6);
        return info.Status;
    }

    private static ParseStatus FindNetwork(ReadOnlySpan<byte> frame, LinkType link, out int l3, out int version, out PacketFlags flags)
    {
        flags = PacketFlags.None;
        l3 = 0;
        version = 0;
        if (link == LinkType.Ethernet)
        {
            if (frame.Length < EthernetHeader)
                return ParseStatus.TruncatedLink;
            int type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
            l3 = EthernetHeader;
            version = type == 0x0800 ? 4 : type == 0x86dd ? 6 : 0;
            return version == 0 ? ParseStatus.NotIp : ParseStatus.Ok;
        }

        if (link is not (LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd))
            return ParseStatus.UnsupportedLinkType;
        if (frame.IsEmpty)
            return ParseStatus.TruncatedLink;
        version = frame[0] >> 4;
        return version is 4 or 6 ? ParseStatus.Ok : ParseStatus.BadVersion;
    }

    private static PacketInfo ParseIpv4(ReadOnlySpan<byte> frame, int l3, PacketFlags flags, ushort zone, ref FlowKeyV4 key)
    {
        ReadOnlySpan<byte> packet = frame[l3..];
        ParseStatus status = ProveIpv4(packet, out int header, out int length, out bool lengthZero);
        if (status != ParseStatus.Ok)
            return new PacketInfo(status, flags, 0, 0, 0, 0, 0);

        int fragmentField = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        ushort fragmentOffset = (ushort)((fragmentField & 0x1fff) << 3);
        bool moreFragments = (fragmentField & 0x2000) != 0;
        IpProtocol protocol = (IpProtocol)packet[9];
        flags |= PacketFlags.Ipv4 | FragmentFlags(fragmentOffset, moreFragments);
        if (header > Ipv4Header)
            flags |= PacketFlags.Options;

        ReadOnlySpan<byte> segment = packet[header..length];
        status = ProveTransport(segment, protocol, flags, lengthZero, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, protocol, (ushort)l3, 0, (uint)length, fragmentOffset);

        key = new FlowKeyV4(
            MemoryMarshal.Read<uint>(packet[12..]), MemoryMarshal.Read<uint>(packet[16..]),
            fields.SourceBe, fields.DestinationBe, protocol, zone);
        return new PacketInfo(
            status, flags | TransportFlag(status), protocol, (ushort)l3, (ushort)(l3 + header), (uint)length, fragmentOffset);
    }

    /// <summary>
    /// Proves the header and the datagram's length. A total length of zero means the rest of the frame, unless the packet
    /// is a fragment: offload never leaves zero there.
    /// </summary>
    private static ParseStatus ProveIpv4(ReadOnlySpan<byte> packet, out int header, out int length, out bool lengthZero)
    {
        header = length = 0;
        lengthZero = false;
        if (!packet.IsEmpty && packet[0] >> 4 != 4)
            return ParseStatus.BadVersion;
        if (packet.Length < Ipv4Header)
            return ParseStatus.TruncatedIpv4;
        header = (packet[0] & 15) * 4;
        if (header < Ipv4Header)
            return ParseStatus.BadIhl;
        if (header > packet.Length)
            return ParseStatus.TruncatedIpv4;
        length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        lengthZero = length == 0 && (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) == 0;
        if (lengthZero)
            length = packet.Length;
        if (length < header)
            return ParseStatus.BadTotalLength;
        return length > packet.Length ? ParseStatus.TruncatedPayload : ParseStatus.Ok;
    }

    private static PacketInfo ParseIpv6(ReadOnlySpan<byte> frame, int l3, PacketFlags flags, ushort zone, ref FlowKeyV6 key)
    {
        ReadOnlySpan<byte> packet = frame[l3..];
        ParseStatus status = ProveIpv6(packet, out int length, out bool lengthZero);
        if (status != ParseStatus.Ok)
            return new PacketInfo(status, flags, 0, 0, 0, 0, 0);

        flags |= PacketFlags.Ipv6;
        IpProtocol protocol = (IpProtocol)packet[6];
        ReadOnlySpan<byte> segment = packet[Ipv6Header..length];
        status = ProveTransport(segment, protocol, flags, lengthZero, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, protocol, (ushort)l3, 0, (uint)length, 0);

        key = new FlowKeyV6(
            new IPv6Address(packet[8..]), new IPv6Address(packet[24..]), fields.SourceBe, fields.DestinationBe, protocol, zone);
        return new PacketInfo(
            status, flags | TransportFlag(status), protocol, (ushort)l3, (ushort)(l3 + Ipv6Header), (uint)length, 0);
    }

    private static ParseStatus ProveIpv6(ReadOnlySpan<byte> packet, out int length, out bool lengthZero)
    {
        length = 0;
        lengthZero = false;
        if (!packet.IsEmpty && packet[0] >> 4 != 6)
            return ParseStatus.BadVersion;
        if (packet.Length < Ipv6Header)
            return ParseStatus.TruncatedIpv6;
        int payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        lengthZero = payload == 0 && (IpProtocol)packet[6] != IpProtocol.NoNextHeader;
        length = lengthZero ? packet.Length : Ipv6Header + payload;
        return length > packet.Length ? ParseStatus.TruncatedPayload : ParseStatus.Ok;
    }

    /// <summary>Non-first fragments have no transport header; everything else must prove its own.</summary>
    private static ParseStatus ProveTransport(
        ReadOnlySpan<byte> segment, IpProtocol protocol, PacketFlags flags, bool lengthZero, out TransportFields fields)
    {
        fields = default;
        if ((flags & PacketFlags.NonFirstFragment) != 0)
            return ParseStatus.NonFirstFragment;
        ParseStatus status = TransportFields.Prove(
            segment, protocol, (flags & PacketFlags.Ipv6) != 0, (flags & PacketFlags.MoreFragments) != 0, lengthZero, out fields);
        return status == ParseStatus.Ok && lengthZero ? ParseStatus.LengthZero : status;
    }

    private static PacketFlags FragmentFlags(int offset, bool more) =>
        (offset != 0 ? PacketFlags.Fragment | PacketFlags.NonFirstFragment : 0)
        | (more ? PacketFlags.Fragment | PacketFlags.MoreFragments : 0);

    private static PacketFlags TransportFlag(ParseStatus status) =>
        status <= ParseStatus.LengthZero ? PacketFlags.Transport : PacketFlags.None;
}
