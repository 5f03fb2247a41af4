using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Takes frames out of tunnels' packets, with every check Linux makes (<c>vxlan_rcv</c>, <c>geneve_udp_encap_recv</c>, and the IP and UDP receive paths before
/// them), and hands the inner frame over as a part of the outer one.
/// </summary>
/// <param name="options">This end: its family and port, and whether a zero checksum will do over IPv6.</param>
public sealed partial class UdpTunnelReceiver(UdpTunnelOptions options)
{
    private const int UdpBytes = 8;

    private readonly HashSet<uint> _networks = [];
    private readonly uint _local = IPv6Address.FirstWord(options.Local);
    private readonly bool _takesPlain = !options.IsV6 && !options.StripsVlan;

    /// <summary>The UDP port it listens on, host order.</summary>
    public ushort Port => options.Port;

    /// <summary>True when VXLAN's group policy bits are known here.</summary>
    public bool ReadsGroupPolicy { get; init; }

    /// <summary>True for Geneve, false for VXLAN.</summary>
    public bool IsGeneve { get; init; }

    /// <summary>True when the caller reads Geneve's options itself: critical ones are then accepted.</summary>
    public bool KnowsOptions { get; init; }

    /// <summary>True when Geneve may carry IP packets without Ethernet header (<c>innerprotoinherit</c>); else only frames are taken.</summary>
    public bool InheritsProtocol { get; init; }

    /// <summary>Adds a network that is here; packets of any other are refused.</summary>
    public void Add(uint vni) => _networks.Add(vni);

    /// <summary>Removes a network.</summary>
    public void Remove(uint vni)
    {
        _networks.Remove(vni);
        _lastHeader = NoHeader;
    }

    /// <summary>Unpacks one frame. What congestion the outer packet met is written into the inner one.</summary>
    /// <param name="frame">The outer frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="inner">Where the inner frame lies in it, when the result is <see cref="DecapStatus.Ok"/>.</param>
    /// <param name="vni">Its network.</param>
    /// <param name="group">VXLAN's policy group and its flags, as <see cref="VxlanHeader.Write"/> takes them; 0 without one.</param>
    public DecapStatus TryUnpack(Span<byte> frame, in PacketInfo info, out Range inner, out uint vni, out uint group) =>
        TryUnpack(frame, info, out inner, out vni, out group, out _);

    /// <summary>Unpacks one frame, and says what was in it.</summary>
    /// <param name="frame">The outer frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="inner">Where the inner frame or packet lies in it, when the result is <see cref="DecapStatus.Ok"/>.</param>
    /// <param name="vni">Its network.</param>
    /// <param name="group">VXLAN's policy group and its flags, as <see cref="VxlanHeader.Write"/> takes them; 0 without one.</param>
    /// <param name="protocol"><see cref="GeneveHeader.Ethernet"/> for a frame; with <see cref="InheritsProtocol"/> also IPv4's or IPv6's EtherType for a packet.</param>
    public DecapStatus TryUnpack(Span<byte> frame, in PacketInfo info, out Range inner, out uint vni, out uint group, out ushort protocol)
    {
        (vni, group, protocol) = (0, 0, 0);
        if (!IsPlain(ref MemoryMarshal.GetReference(frame), frame.Length, info, out ulong seen))
            return TryUnpackAny(frame, info, out inner, out vni, out group, out protocol);
        (vni, protocol) = (NetworkOf(seen), GeneveHeader.Ethernet);
        inner = (info.L3Offset + PlainHeaders)..(info.L3Offset + (int)info.L3Length);
        return DecapStatus.Ok;
    }

    private DecapStatus TryUnpackAny(Span<byte> frame, in PacketInfo info, out Range inner, out uint vni, out uint group, out ushort protocol)
    {
        (inner, vni, group, protocol) = (default, 0, 0, 0);
        DecapStatus status = CheckOuter(frame, info);
        if (status != DecapStatus.Ok)
            return status;
        int udp = info.L4Offset, length = DatagramBytes(frame, info);
        ReadOnlySpan<byte> payload = frame.Slice(udp + UdpBytes, length - UdpBytes);
        int header = VxlanHeader.Bytes;
        protocol = GeneveHeader.Ethernet;
        status = IsGeneve
            ? GeneveHeader.TryRead(payload, KnowsOptions, out vni, out protocol, out header)
            : VxlanHeader.TryRead(payload, ReadsGroupPolicy, out vni, out group);
        if (status != DecapStatus.Ok)
            return status;
        if (!_networks.Contains(vni))
            return DecapStatus.UnknownVni;
        status = CheckInner(payload[header..], protocol);
        if (status != DecapStatus.Ok)
            return status;
        int start = udp + UdpBytes + header;
        Span<byte> carried = frame[start..(udp + length)];
        byte outer = Ecn.DsField(frame[info.L3Offset..]);
        bool isFrame = protocol == GeneveHeader.Ethernet;
        if (isFrame ? !TakeOverCongestion(carried, outer) : !OuterPacket.TakeOverCongestion(carried, outer))
            return DecapStatus.EcnDrop;
        bool isStripped = isFrame && options.StripsVlan && VlanStripper.TryStrip(carried, out _);
        inner = (isStripped ? start + VlanTag.Size : start)..(udp + length);
        if (isFrame && header == VxlanHeader.Bytes && group == 0)
            _lastHeader = BinaryPrimitives.ReadUInt64BigEndian(payload);
        return DecapStatus.Ok;
    }

    private DecapStatus CheckInner(ReadOnlySpan<byte> payload, ushort protocol) => protocol switch
    {
        GeneveHeader.Ethernet => OuterPacket.CheckInnerFrame(payload),
        Ipv4Header.EtherType when InheritsProtocol => OuterPacket.CheckInner(payload, 4),
        Ipv6Header.EtherType when InheritsProtocol => OuterPacket.CheckInner(payload, 6),
        _ => DecapStatus.UnknownProtocol,
    };

    private DecapStatus CheckOuter(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        if (v6 != options.IsV6 || info.Status is ParseStatus.BadUdpLength or ParseStatus.TruncatedTransport)
            return info.Status is ParseStatus.BadUdpLength or ParseStatus.TruncatedTransport ? DecapStatus.BadUdpLength : DecapStatus.NotOurs;
        if (!info.HasKey || OuterPacket.LacksLength(info))
            return DecapStatus.BadOuterPacket;
        if (!v6 && !InternetChecksum.IsValid(frame.Slice(info.L3Offset, (frame[info.L3Offset] & 15) * 4)))
            return DecapStatus.BadOuterPacket;
        if (info.Protocol != IpProtocol.Udp)
            return DecapStatus.NotOurs;
        if ((info.Flags & PacketFlags.Fragment) != 0)
            return DecapStatus.Fragment;
        if (BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 2)..]) != options.Port || !IsLocal(frame[info.L3Offset..], v6))
            return DecapStatus.NotOurs;
        return OuterPacket.IsSummed(frame, info, DatagramBytes(frame, info), options.AcceptsZeroChecksum) ? DecapStatus.Ok : DecapStatus.BadUdpChecksum;
    }

    private bool IsLocal(ReadOnlySpan<byte> packet, bool v6) => v6
        ? new IPv6Address(packet[24..]) == options.Local
        : MemoryMarshal.Read<uint>(packet[16..]) == IPv6Address.FirstWord(options.Local);

    // Zero is what segmentation offload leaves in packets above 64 KiB: the IP header tells then.
    private static int DatagramBytes(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        int said = BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 4)..]);
        return said == 0 ? (int)info.L4Length : said;
    }

    // Behind a VLAN tag Linux looks on the way in, not on the way out (IP_ECN_decapsulate asks skb->protocol).
    internal static bool TakeOverCongestion(Span<byte> frame, byte outer)
    {
        // An outer packet that does not speak ECN changes nothing, and nothing is dropped for it.
        if ((outer & Ecn.Mask) == 0)
            return true;
        InnerFrame carried = new(frame);
        if (carried.Packet.IsEmpty || carried.IsTagged)
            return true;
        byte before = carried.DsField;
        if (!Ecn.TryDecapsulate(outer, before, out byte after))
            return false;
        if (after != (before & Ecn.Mask))
            Ecn.Set(frame[carried.Offset..], after);
        return true;
    }
}
