using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Captures;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Every tunnel in every third-party capture: what comes out of it is, field by field, what tshark sees inside.</summary>
public sealed class TunnelCaptureTests
{
    /// <summary>
    /// What became of them all. Refused are captures cut off, checksums that offload left unfinished, packets behind MPLS, PPTP and ERSPAN,
    /// ARP in Geneve, and bits of VXLAN that Linux does not know.
    /// </summary>
    private const string Expected = """
        4in4 Ok: 38
        4in6 BadInner suricata-verify__bug-7964-01__wrong-version-ipv4-ipv6.pcap: 1
        4in6 Ok: 31
        6in4 BadOuterPacket tcpdump__bad-ipv4-version-pgm-heapoverflow.pcap: 1
        6in4 Ok: 15
        6in6 BadInner suricata-verify__bug-7964-02__wrong-version-ipv6-ipv6.pcap: 1
        6in6 NotOurs zeek__trunc__mpls-6in6-6in6-4in6-trunc.pcap: 1
        6in6 NotOurs zeek__trunc__mpls-6in6-broken.pcap.gz: 1774
        6in6 Ok: 31
        geneve BadOuterPacket zeek__tunnels__geneve-vxlan-dns-truncated.pcap: 2
        geneve BadUdpChecksum deepflow__common__geneve.pcap: 2
        geneve BadUdpChecksum tcpdump__gso-ipv6-geneve-ipv6.pcap: 1
        geneve BadUdpChecksum zeek__tunnels__geneve-many-options.pcap: 10
        geneve BadUdpChecksum zeek__tunnels__geneve-tagged-udp-packet.pcap: 4
        geneve Ok: 97
        geneve TruncatedInner zeek__tunnels__geneve-truncated.pcapng: 1
        geneve UnknownProtocol zeek__tunnels__geneve-arp.pcap: 1
        gre BadOuterPacket packetnet__gre_custom_protocol.pcap: 1
        gre BadOuterPacket packetnet__gre_nvgre.pcap: 1
        gre BadOuterPacket tcpdump__gre-heapoverflow-2.pcap: 1
        gre BadVersion gopacket: 1
        gre BadVersion pcapplusplus: 2
        gre BadVersion tcpdump__pptp.pcap: 1
        gre BadVersion zeek__tunnels__gre-pptp.pcap: 2
        gre Ok: 1403
        gre UnknownProtocol deepflow__common__decapsulate_test.pcap: 3
        gre UnknownProtocol pcapplusplus: 1
        gre UnknownProtocol skydive__gre-mpls-icmpv4.pcap: 2
        gre UnknownProtocol tcpdump__erspan-type-ii-1.pcap: 1
        gre UnknownProtocol tcpdump__various_gre.pcap: 30
        vxlan BadOuterPacket deepflow__common__ip6-vxlan.pcap: 1
        vxlan BadOuterPacket skydive__vxlan-icmpv4-truncated.pcap: 2
        vxlan BadOuterPacket tcpdump__esp_truncated.pcap: 1
        vxlan BadUdpChecksum skydive__vxlan-src-port.pcap: 2
        vxlan BadUdpChecksum tcpdump__gso-ipv4-vxlan-ipv4.pcap: 1
        vxlan BadUdpChecksum zeek__tunnels__vxlan-encapsulated-igmp-v2.pcap: 3
        vxlan Ok: 167
        vxlan ReservedBits deepflow__common__vxlan-nsh.pcap: 1
        vxlan ReservedBits suricata-verify__vxlan-non-zero-reserved-fields__input.pcap: 10
        vxlan ReservedBits tcpdump__nsh-over-vxlan-gpe.pcap: 1
        vxlan ReservedBits zeek__tunnels__vxlan-triple-v2.pcap: 1
        """;

    private readonly ConcurrentDictionary<string, int> _results = new(), _tally = new();
    private readonly ConcurrentBag<string> _failures = [];

    [CorpusFact]
    public void What_comes_out_is_what_tshark_sees_inside()
    {
        CorpusWalk.ForEachFrame((string name, int n, in CaptureRecord record, JsonElement oracle) =>
            Look($"{name} {n}", record.Frame.ToArray(), record.LinkType, OracleLayer.Of(oracle), record.OriginalLength > record.CapturedLength));

        Assert.True(_failures.IsEmpty, string.Join('\n', _failures.Order(StringComparer.Ordinal).Take(40)));
        Assert.Equal(Expected, string.Join('\n', _results.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}")));
    }

    /// <summary>Opens the outermost tunnel, compares, and goes on with what was inside.</summary>
    private void Look(string where, byte[] frame, LinkType link, List<OracleLayer> layers, bool isSnapped)
    {
        int tunnel = FindTunnel(layers);
        if (tunnel < 0)
            return;
        FlowParser.Parse(frame, link, 0, out _, out _, out PacketInfo info);
        string kind = KindOf(layers, tunnel);
        DecapStatus status = Unpack(kind, frame, info, layers[tunnel], out Range range, out LinkType innerLink);
        List<OracleLayer> inside = layers[(tunnel + 1)..];
        _results.AddOrUpdate($"{kind} {status}{(status == DecapStatus.Ok ? "" : $" {where.Split(' ')[0]}")}", 1, (_, count) => count + 1);
        if (status != DecapStatus.Ok && Excuse(status, layers, tunnel, info) is { } objection)
            _failures.Add($"{where} {kind}: {status}, but {objection}");
        if (status != DecapStatus.Ok || inside.Count == 0)
            return;
        byte[] inner = frame[range];
        LayerWalk walk = new(inside, _tally, isSnapped);
        walk.Frame(inner, innerLink);
        if (walk.Difference is { } difference)
            _failures.Add($"{where} {kind}: {difference}");
        Look(where, inner, innerLink, inside, isSnapped);
    }

    /// <summary>Why tshark would not have refused the outer packet for that reason; null when it agrees, or sees nothing of it.</summary>
    private static string? Excuse(DecapStatus status, List<OracleLayer> layers, int tunnel, in PacketInfo info)
    {
        OracleLayer ip = layers.Take(tunnel + 1).LastOrDefault(IsIp);
        return status switch
        {
            DecapStatus.BadUdpChecksum when layers[tunnel - 1].Checksum != ChecksumVerdict.Invalid => $"tshark says {layers[tunnel - 1].Json}",
            DecapStatus.BadOuterPacket when info.HasKey && ip.Checksum != ChecksumVerdict.Invalid => $"tshark says {ip.Json}",
            DecapStatus.NotOurs when !layers.Take(tunnel).Any(layer => layer.Name == "mpls") => "it is no packet behind MPLS",
            DecapStatus.BadUdpLength or DecapStatus.EcnDrop or DecapStatus.Fragment => "no capture has any of that",
            _ => null,
        };
    }

    private static int FindTunnel(List<OracleLayer> layers)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i].Name is "vxlan" or "geneve" or "gre")
                return i;
            if (IsIp(layers[i]) && i + 1 < layers.Count && IsIp(layers[i + 1]))
                return i;
        }

        return -1;
    }

    private static string KindOf(List<OracleLayer> layers, int tunnel) => layers[tunnel].Name switch
    {
        "ip" => layers[tunnel + 1].Name == "ip" ? "4in4" : "6in4",
        "ipv6" => layers[tunnel + 1].Name == "ip" ? "4in6" : "6in6",
        string name => name,
    };

    private static bool IsIp(OracleLayer layer) => layer.Name is "ip" or "ipv6";

    private static DecapStatus Unpack(string kind, byte[] frame, in PacketInfo info, OracleLayer layer, out Range range, out LinkType link)
    {
        link = LinkType.Ethernet;
        if (kind is "vxlan" or "geneve")
            return UnpackUdp(kind, frame, info, layer, out range, out link);
        if (kind != "gre")
        {
            link = LinkType.Raw;
            return new IpTunnelReceiver(new IpTunnelReceiverOptions()).TryUnpack(frame, info, out range);
        }

        GreReceiver receiver = new(new GreReceiverOptions { AcceptsAnyKey = true, ExpectsChecksum = null });
        DecapStatus status = receiver.TryUnpack(frame, info, out range, out GreFields fields);
        link = fields.Protocol == GreHeader.Ethernet ? LinkType.Ethernet : LinkType.Raw;
        return status;
    }

    private static DecapStatus UnpackUdp(string kind, byte[] frame, in PacketInfo info, OracleLayer layer, out Range range, out LinkType link)
    {
        (range, link) = (default, LinkType.Ethernet);
        if (!info.HasKey || info.Protocol != IpProtocol.Udp)
            return DecapStatus.BadOuterPacket;
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        byte[] local = new byte[16];
        frame.AsSpan(info.L3Offset + (v6 ? 24 : 16), v6 ? 16 : 4).CopyTo(local);
        UdpTunnelReceiver receiver = new(new UdpTunnelOptions
        {
            IsV6 = v6,
            Local = new IPv6Address(local),
            Remote = default,
            Port = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(info.L4Offset + 2)),
            AcceptsZeroChecksum = true,
        })
        {
            IsGeneve = kind == "geneve",
            KnowsOptions = true,
            ReadsGroupPolicy = true,
            InheritsProtocol = true,
        };
        receiver.Add((uint)(layer["vni"] ?? 0));
        DecapStatus status = receiver.TryUnpack(frame, info, out range, out _, out _, out ushort protocol);
        link = protocol == GeneveHeader.Ethernet ? LinkType.Ethernet : LinkType.Raw;
        return status;
    }
}
