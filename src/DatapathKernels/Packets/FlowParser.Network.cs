using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>The general path: every link type, options, extension headers, fragments, every protocol, every status.</summary>
public static partial class FlowParser
{
    internal const int Ipv4Bytes = 20;
    private const int Ipv6Bytes = 40;
    private const ushort Ipv4Type = 0x0800, Ipv6Type = 0x86dd;

    /// <summary>The specification of every other path. A key is written exactly when there is one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ParseStatus ParseGeneral(
        ReadOnlySpan<byte> frame, LinkType link, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, out PacketInfo info)
    {
        ParseStatus status = LinkLayer.Parse(frame, link, out LinkLayerInfo found);
        PacketFlags flags = found.VlanCount != 0 ? PacketFlags.Vlan : PacketFlags.None;
        if (status == ParseStatus.Ok && found.EtherType is not (Ipv4Type or Ipv6Type))
            status = ParseStatus.NotIp;
        if (status != ParseStatus.Ok)
        {
            info = Failed(status, flags);
            return status;
        }

        info = found.EtherType == Ipv4Type
            ? ParseIpv4(frame, found.NetworkOffset, flags, zone, ref v4)
            : ParseIpv6(frame, found.NetworkOffset, flags, zone, ref v6);
        return info.Status;
    }

    private static PacketInfo ParseIpv4(ReadOnlySpan<byte> frame, int l3, PacketFlags flags, ushort zone, ref FlowKeyV4 key)
    {
        ReadOnlySpan<byte> packet = frame[l3..];
        ParseStatus status = ProveIpv4(packet, out int header, out int length, out bool lengthZero);
        if (status != ParseStatus.Ok)
            return Failed(status, flags);

        ReadFragmentField(packet, out ushort fragmentOffset, out bool moreFragments);
        IpProtocol protocol = (IpProtocol)packet[9];
        flags |= PacketFlags.Ipv4 | FragmentFlags(fragmentOffset, moreFragments);
        if (header > Ipv4Bytes)
            flags |= PacketFlags.Options;

        status = ProveTransport(packet[header..length], protocol, flags, lengthZero, lengthZero, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, protocol, (ushort)l3, (ushort)(l3 + header), (uint)length, fragmentOffset);

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
        length = 0;
        lengthZero = false;
        ParseStatus status = ProveIpv4Header(packet, out header);
        if (status != ParseStatus.Ok)
            return status;
        length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        ReadFragmentField(packet, out ushort fragmentOffset, out bool moreFragments);
        lengthZero = length == 0 && fragmentOffset == 0 && !moreFragments;
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
            return Failed(status, flags);

        flags |= PacketFlags.Ipv6;
        status = Ipv6ExtensionChain.Walk(packet[..length], out Ipv6ExtensionInfo chain);
        if (status == ParseStatus.Ok)
            status = ProveChain(packet, chain, ref length, ref lengthZero);
        if (status is ParseStatus.BadTotalLength or ParseStatus.TruncatedPayload)
            return Failed(status, flags & PacketFlags.Vlan);
        if (status != ParseStatus.Ok)
            return new PacketInfo(status, flags, 0, (ushort)l3, 0, (uint)length, 0);

        flags |= FragmentFlags(chain.FragmentOffset, chain.MoreFragments);
        if (chain.Count != 0)
            flags |= PacketFlags.Options;
        status = ProveTransport(
            packet[chain.Offset..length], chain.Protocol, flags, lengthZero, lengthZero || chain.JumboLength != 0, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, chain.Protocol, (ushort)l3, (ushort)(l3 + chain.Offset), (uint)length, chain.FragmentOffset);

        key = new FlowKeyV6(
            new IPv6Address(packet[8..]), new IPv6Address(packet[24..]), fields.SourceBe, fields.DestinationBe, chain.Protocol, zone);
        return new PacketInfo(
            status, flags | TransportFlag(status), chain.Protocol, (ushort)l3, (ushort)(l3 + chain.Offset), (uint)length, chain.FragmentOffset);
    }

    /// <summary>
    /// Proves the fixed header and the datagram's length. A payload length of zero means the rest of the frame for now
    /// (a jumbo option may still say otherwise), except before "no next header", which needs no payload.
    /// </summary>
    private static ParseStatus ProveIpv6(ReadOnlySpan<byte> packet, out int length, out bool lengthZero)
    {
        length = 0;
        lengthZero = false;
        ParseStatus status = ProveIpv6Header(packet);
        if (status != ParseStatus.Ok)
            return status;
        int payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        lengthZero = payload == 0 && (IpProtocol)packet[6] != IpProtocol.NoNextHeader;
        length = lengthZero ? packet.Length : Ipv6Bytes + payload;
        return length > packet.Length ? ParseStatus.TruncatedPayload : ParseStatus.Ok;
    }

    /// <summary>
    /// What RFC 2675 and Linux's <c>ipv6_hop_jumbo</c> ask of a jumbo option: payload length zero, more than 65,535 bytes,
    /// all of them there, no fragment. Without one, a zero length belongs to offload, which never fragments.
    /// </summary>
    private static ParseStatus ProveChain(ReadOnlySpan<byte> packet, in Ipv6ExtensionInfo chain, ref int length, ref bool lengthZero)
    {
        if (chain.JumboLength == 0)
            return lengthZero && (chain.FragmentOffset != 0 || chain.MoreFragments) ? ParseStatus.BadTotalLength : ParseStatus.Ok;
        if (!lengthZero || chain.JumboLength <= ushort.MaxValue || chain.HasFragment)
            return ParseStatus.BadExtension;
        if (chain.JumboLength > (uint)(packet.Length - Ipv6Bytes))
            return ParseStatus.TruncatedPayload;
        length = Ipv6Bytes + (int)chain.JumboLength;
        lengthZero = false;
        return ParseStatus.Ok;
    }

    /// <summary>Version, presence and header length; whatever follows the header is not looked at.</summary>
    internal static ParseStatus ProveIpv4Header(ReadOnlySpan<byte> packet, out int header)
    {
        header = 0;
        if (!packet.IsEmpty && packet[0] >> 4 != 4)
            return ParseStatus.BadVersion;
        if (packet.Length < Ipv4Bytes)
            return ParseStatus.TruncatedIpv4;
        header = (packet[0] & 15) * 4;
        if (header < Ipv4Bytes)
            return ParseStatus.BadIhl;
        return header > packet.Length ? ParseStatus.TruncatedIpv4 : ParseStatus.Ok;
    }

    /// <summary>Version and presence.</summary>
    internal static ParseStatus ProveIpv6Header(ReadOnlySpan<byte> packet)
    {
        if (!packet.IsEmpty && packet[0] >> 4 != 6)
            return ParseStatus.BadVersion;
        return packet.Length < Ipv6Bytes ? ParseStatus.TruncatedIpv6 : ParseStatus.Ok;
    }

    /// <summary>Non-first fragments have no transport header; everything else must prove its own.</summary>
    private static ParseStatus ProveTransport(
        ReadOnlySpan<byte> segment, IpProtocol protocol, PacketFlags flags, bool lengthZero, bool udpLengthZero, out TransportFields fields)
    {
        fields = default;
        if ((flags & PacketFlags.NonFirstFragment) != 0)
            return ParseStatus.NonFirstFragment;
        ParseStatus status = TransportFields.Prove(
            segment, protocol, (flags & PacketFlags.Ipv6) != 0, (flags & PacketFlags.MoreFragments) != 0, udpLengthZero, out fields);
        return status == ParseStatus.Ok && lengthZero ? ParseStatus.LengthZero : status;
    }

    /// <summary>The more-fragments bit and the offset in bytes (on the wire in units of 8) of a proven IPv4 header.</summary>
    internal static void ReadFragmentField(ReadOnlySpan<byte> packet, out ushort offset, out bool more)
    {
        int field = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        offset = (ushort)((field & 0x1fff) << 3);
        more = (field & 0x2000) != 0;
    }

    internal static PacketFlags FragmentFlags(int offset, bool more) =>
        (offset != 0 ? PacketFlags.Fragment | PacketFlags.NonFirstFragment : 0)
        | (more ? PacketFlags.Fragment | PacketFlags.MoreFragments : 0);

    private static PacketFlags TransportFlag(ParseStatus status) =>
        status <= ParseStatus.LengthZero ? PacketFlags.Transport : PacketFlags.None;

    /// <summary>The record of a frame whose link or network layer failed.</summary>
    private static PacketInfo Failed(ParseStatus status, PacketFlags flags) => new(status, flags, 0, 0, 0, 0, 0);
}
