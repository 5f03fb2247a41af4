using System.Buffers.Binary;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Puts packets into IP-in-IP or GUE byte for byte as Katran does (<c>pckt_encap.h</c>): TTL 64, the inner DS field, no DF, identification
/// 0, the frame's old destination as new source MAC. An IP-in-IP source is made of the flow, 172.16.0.0/16 or 100::/96; for GUE the port is.
/// </summary>
/// <remarks>Immutable: any number of threads may use one.</remarks>
/// <param name="nextHop">The MAC address of the router that all packets go to.</param>
/// <param name="gueSourceV4">Source address of GUE over IPv4, in the first four bytes.</param>
/// <param name="gueSourceV6">Source address of GUE over IPv6.</param>
public sealed class KatranEncapsulator(MacAddress nextHop, IPv6Address gueSourceV4, IPv6Address gueSourceV6)
{
    private const int EthernetBytes = 14, UdpBytes = 8;
    private const byte Ttl = 64;
    private const uint PrefixV4 = 0xac10_0000;

    /// <summary>UDP destination port of GUE, host order.</summary>
    public ushort GuePort { get; init; } = IpTunnelReceiverOptions.KatranGuePort;

    /// <summary>
    /// GUE's UDP checksum is written; else it is zero. As Katran does, it is made from the inner checksum, which is taken to be right and to
    /// cover a pseudo header. ICMP over IPv4 covers none: around such a packet the checksum is wrong, Katran's and this one.
    /// </summary>
    public bool WritesGueChecksum { get; init; } = true;

    /// <summary>The longest outer packet written, bytes from its IP header on; a longer one is <see cref="IpEncapStatus.TooLong"/>. Null where it is not known: then what a length field can say.</summary>
    public int? PathMtu { get; init; }

    /// <summary>Bytes of all outer headers towards a target, Ethernet's included.</summary>
    public static int HeaderBytes(in KatranTarget target) =>
        EthernetBytes + (target.IsV6 ? Ipv6Header.Size : Ipv4Header.MinSize) + (target.IsGue ? UdpBytes : 0);

    /// <summary>Puts a frame's packet into the tunnel, where it lies, with the source its own flow gives.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="target">Where it goes.</param>
    /// <returns>The frame is what it was but for Ok.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public IpEncapStatus Write(PacketArena arena, int index, in PacketInfo info, in KatranTarget target)
    {
        ArgumentNullException.ThrowIfNull(arena);
        return KatranFlow.TryRead(arena.Frame(index), info, out KatranFlow flow) ? Write(arena, index, info, target, flow) : IpEncapStatus.NoFlow;
    }

    /// <summary>The same with a flow of the caller's.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="flow">What the source is made of.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public IpEncapStatus Write(PacketArena arena, int index, in PacketInfo info, in KatranTarget target, in KatranFlow flow)
    {
        ArgumentNullException.ThrowIfNull(arena);
        int headers = HeaderBytes(target);
        MacAddress from = arena.Link(index) == LinkType.Ethernet && info.L3Offset >= EthernetBytes ? new MacAddress(arena.Frame(index)) : default;
        int longest = OuterHeader.MostBytes + (target.IsV6 ? Ipv6Header.Size : 0), most = Math.Min(longest, PathMtu ?? longest) - (headers - EthernetBytes);
        IpEncapStatus status = TunnelRoom.TryMake(arena, index, info, headers, most);
        if (status != IpEncapStatus.Ok)
            return status;
        Span<byte> frame = arena.Frame(index);
        EthernetWriter.Write(frame, nextHop, from, target.IsV6 ? Ipv6Header.EtherType : Ipv4Header.EtherType);
        Span<byte> network = frame[EthernetBytes..];
        ReadOnlySpan<byte> packet = frame[headers..];
        IpProtocol protocol = target.IsGue ? IpProtocol.Udp : packet[0] >> 4 == 4 ? IpProtocol.Ipv4 : IpProtocol.Ipv6;
        if (target.IsV6)
            WriteV6(network, packet, target, flow, protocol);
        else
            WriteV4(network, packet, target, flow, protocol);
        if (target.IsGue)
            WriteUdp(network, target.IsV6, target.IsV6 ? flow.GuePortV6 : flow.SuffixV4, info);
        return IpEncapStatus.Ok;
    }

    /// <summary>The same for a burst: equal to the loop of single calls.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="targets">Where they go, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <returns>A bit for each frame that is in its tunnel.</returns>
    /// <exception cref="ArgumentException">Fewer infos, targets or statuses than frames.</exception>
    public ulong WriteBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<KatranTarget> targets, Span<IpEncapStatus> statuses)
    {
        if (infos.Length < burst.Count || targets.Length < burst.Count || statuses.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info, one target and one status a frame");
        ulong done = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            statuses[i] = Write(burst.Arena, burst.First + i, infos[i], targets[i]);
            done |= statuses[i] == IpEncapStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    private void WriteV4(Span<byte> network, ReadOnlySpan<byte> packet, in KatranTarget target, in KatranFlow flow, IpProtocol protocol)
    {
        uint source = target.IsGue ? HostV4(gueSourceV4) : PrefixV4 | flow.SuffixV4;
        Ipv4Fields fields = new() { Source = source, Destination = HostV4(target.Real), Protocol = protocol, Ttl = Ttl, Tos = Ecn.DsField(packet) };
        Ipv4Writer.Write(network, fields, network.Length - Ipv4Header.MinSize);
    }

    private void WriteV6(Span<byte> network, ReadOnlySpan<byte> packet, in KatranTarget target, in KatranFlow flow, IpProtocol protocol)
    {
        Span<byte> made = stackalloc byte[16];
        made.Clear();
        made[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(made[12..], flow.SuffixV6);
        IPv6Address source = target.IsGue ? gueSourceV6 : new IPv6Address(made);
        Ipv6Fields fields = new() { Source = source, Destination = target.Real, NextHeader = protocol, HopLimit = Ttl, TrafficClass = Ecn.DsField(packet) };
        Ipv6Writer.Write(network, fields, network.Length - Ipv6Header.Size);
    }

    private void WriteUdp(Span<byte> network, bool v6, ushort sourcePort, in PacketInfo info)
    {
        Span<byte> datagram = network[(v6 ? Ipv6Header.Size : Ipv4Header.MinSize)..];
        UdpWriter.Write(datagram, sourcePort, GuePort, datagram.Length - UdpBytes);
        if (!WritesGueChecksum)
            return;
        uint sum = OuterPacket.Pseudo(network, v6, IpProtocol.Udp, (uint)datagram.Length);
        sum = InternetChecksum.Add(sum, InternetChecksum.Sum(datagram[..UdpBytes]));
        sum = InternetChecksum.Add(sum, SumOfInner(datagram[UdpBytes..], info));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], InternetChecksum.ForUdp(InternetChecksum.Finish(sum)));
    }

    /// <summary>The packet's sum by its own checksum: header, and the complement of what its segment's pseudo header adds up to.</summary>
    private static uint SumOfInner(ReadOnlySpan<byte> packet, in PacketInfo info)
    {
        int header = info.L4Offset - info.L3Offset;
        if ((info.Flags & PacketFlags.Transport) == 0 || (info.Flags & PacketFlags.Fragment) != 0 || !HasChecksum(packet[header..], info))
            return InternetChecksum.Sum(packet);
        uint pseudo = OuterPacket.Pseudo(packet, (info.Flags & PacketFlags.Ipv6) != 0, info.Protocol, info.L4Length);
        return InternetChecksum.Add(InternetChecksum.Sum(packet[..header]), InternetChecksum.Finish(pseudo));
    }

    private static bool HasChecksum(ReadOnlySpan<byte> segment, in PacketInfo info) => info.Protocol switch
    {
        IpProtocol.Tcp or IpProtocol.Icmp or IpProtocol.IcmpV6 => true,
        IpProtocol.Udp => (segment[6] | segment[7]) != 0 && BinaryPrimitives.ReadUInt16BigEndian(segment[4..]) == info.L4Length,
        _ => false,
    };

    private static uint HostV4(in IPv6Address address)
    {
        uint be = IPv6Address.FirstWord(address);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
    }
}
