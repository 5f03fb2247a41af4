using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>
/// The flow parser over every third-party frame: status, offsets, lengths, flags, key and checksum verdicts of the
/// outermost IP packet are what tshark's fields say, or the frame is named here with the reason.
/// </summary>
public sealed class CorpusFlowTests
{
    /// <summary>Frames of which tshark and the parser rightly say different things.</summary>
    private static readonly Dictionary<(string Capture, int Frame), string> Explained = new()
    {
        [("suricata-verify__firewall__tcp-session-decode-malformed-ipv4__input.pcap", 8)] = SecurityOption,
        [("suricata-verify__bug-7414-decoder-event-01__ip_secopt.pcap", 3)] = SecurityOption,
        [("tcpdump__bigtcp-ipv6.pcap", 1)] = BigTcp,
        [("tcpdump__bigtcp-ipv6-geneve-ipv6.pcap", 1)] = BigTcp,
        [("tcpdump__ipv6_missing_jumbo_payload_option.pcap", 1)] = BigTcp,
        [("tcpdump__ipv6_frag6_negative_len.pcap", 1)] = "A fragment of payload length zero: no offload makes one, so the parser calls the length bad.",
        [("tcpdump__ipv6-too-long-jumbo.pcap", 1)] = "A jumbo option behind others claims 3.8 GB, more than was captured; the oracle does not list it.",
        [("tcpdump__LINKTYPE_IPV4_invalid.pcap", 1)] = "IPv6 under a link type that is IPv4 only: tshark goes by the version nibble, the parser by the link type.",
        [("zeek__vntag_vlan_sandwich_clean.pcap", 1)] = "A VN-Tag (0x8926) between two VLAN tags, which neither Linux nor the parser takes off; the oracle does not list it.",
        [("zeek__ipv6-mobility-dst-opts.pcap", 1)] = "A home address option of the wrong length: tshark gives up, the parser passes over options.",
        [("zeek__ipv6-mobility-dst-opts.pcap", 3)] = HomeAddress,
        [("zeek__chksums__ip6-hoa-tcp-good-chksum.pcap", 1)] = HomeAddress,
        [("zeek__chksums__ip6-hoa-udp-good-chksum.pcap", 1)] = HomeAddress,
        [("pcapplusplus__null_loopback.pcap", 3)] = UpperHalf,
        [("pcapplusplus", 3)] = UpperHalf,
    };

    private const string SecurityOption = "An IPv4 security option of 2 bytes, 11 in RFC 791: tshark gives up, the kernel and the parser pass over options.";
    private const string BigTcp = "tshark does not look behind a payload length of zero without a jumbo option; tcpdump and the parser do.";
    private const string HomeAddress = "The pseudo header has the home address of a destination option (RFC 6275), which the parser passes over.";
    private const string UpperHalf = "No address family in the loopback header: tshark takes its upper half for an EtherType.";

    [CorpusFact]
    public void Every_key_offset_and_verdict_agrees_with_tshark()
    {
        var failures = new ConcurrentBag<string>();
        var tally = new ConcurrentDictionary<string, int>();
        var explained = new ConcurrentDictionary<(string, int), string>(Explained);
        CorpusWalk.ForEachFrame((string name, int n, in CaptureRecord record, JsonElement oracle) =>
        {
            if (Difference(record, oracle, tally) is { } difference && !explained.TryRemove((name, n), out _))
                failures.Add($"{name} frame {n}: {difference}");
        });

        Assert.True(failures.IsEmpty, $"{failures.Count} differ:\n" + string.Join('\n', failures.Order(StringComparer.Ordinal).Take(40)));
        Assert.True(explained.IsEmpty, "no longer different: " + string.Join(' ', explained.Keys));
        Assert.True(tally["key"] > 60_000 && tally["transport"] > 40_000, string.Join(' ', tally));
    }

    private static string? Difference(in CaptureRecord record, JsonElement oracle, ConcurrentDictionary<string, int> tally)
    {
        FlowExpectation expected = FlowExpectation.Of(OracleLayer.Of(oracle), record.LinkType, record.Frame);
        ParseStatus status = FlowParser.Parse(record.Frame, record.LinkType, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        if (expected.Status is null)
            return info.HasKey ? $"{info}, tshark finds no sound header" : null;
        if (status != expected.Status)
            return $"{info}, expected {expected.Status}";
        if (!info.HasKey)
            return null;
        tally.AddOrUpdate("key", 1, (_, count) => count + 1);
        return Offsets(info, expected) ?? Key(v4, v6, info, expected, tally) ?? Checksums(record.Frame, info, expected);
    }

    private static string? Offsets(in PacketInfo info, FlowExpectation expected)
    {
        if (info.L3Offset != expected.L3 || info.L4Offset != expected.L4)
            return $"{info}, expected L3@{expected.L3} L4@{expected.L4}";
        if (info.L3Length != expected.L3Length)
            return $"{info}, expected {expected.L3Length} bytes";
        return (long)info.Protocol == expected.Protocol ? null : $"{info}, expected protocol {expected.Protocol}";
    }

    private static string? Key(in FlowKeyV4 v4, in FlowKeyV6 v6, in PacketInfo info, FlowExpectation expected, ConcurrentDictionary<string, int> tally)
    {
        bool isIpv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        string source = isIpv4 ? Hex(new IPAddress(v4.SourceBe)) : Hex(v6.Source);
        string destination = isIpv4 ? Hex(new IPAddress(v4.DestinationBe)) : Hex(v6.Destination);
        if (source != expected.Network.Address("src") || (destination != expected.Network.Address("dst") && !expected.Network.IsSourceRouted))
            return $"{source} -> {destination}, expected {expected.Network.Json}";
        (int sourcePort, int destinationPort) = isIpv4 ? (v4.SourcePort, v4.DestinationPort) : (v6.SourcePort, v6.DestinationPort);
        if (expected.Transport is not { } transport)
            return (sourcePort, destinationPort) == (0, 0) || HasTransport(info) ? null : $"ports {sourcePort} and {destinationPort} without a transport header";
        tally.AddOrUpdate("transport", 1, (_, count) => count + 1);
        (long first, long second) = transport.Name switch
        {
            // tshark's ICMPv6 layer gives no identifier here; what the frame holds there is taken as it is.
            "icmpv6" => (sourcePort, (transport["type"]!.Value << 8) | transport["code"]!.Value),
            "icmp" => (HasIdentifier(transport["type"]!.Value) ? transport["id"]!.Value : 0, (transport["type"]!.Value << 8) | transport["code"]!.Value),
            _ => (transport["sport"]!.Value, transport["dport"]!.Value),
        };
        return (sourcePort, destinationPort) == (first, second) ? null : $"ports {sourcePort} and {destinationPort}, expected {transport.Json}";
    }

    private static string? Checksums(ReadOnlySpan<byte> frame, in PacketInfo info, FlowExpectation expected)
    {
        if (expected.Network.Checksum is { } network && network != PacketChecksums.VerifyNetwork(frame, info))
            return $"header checksum {PacketChecksums.VerifyNetwork(frame, info)}, tshark {network}";
        if (expected.Transport?.Checksum is not { } transport || !HasTransport(info))
            return null;
        ChecksumVerdict found = PacketChecksums.VerifyTransport(frame, info);
        // Of a first fragment's zero UDP checksum tshark says that it is absent; here no fragment has a verdict.
        if ((info.Flags & PacketFlags.Fragment) != 0)
            return found == ChecksumVerdict.NotWhole ? null : $"{info} checksum {found} of a fragment";
        return transport == found ? null : $"{info} checksum {found}, tshark {transport}";
    }

    private static bool HasTransport(in PacketInfo info) => (info.Flags & PacketFlags.Transport) != 0;

    private static bool HasIdentifier(long type) => type is 0 or 8 or (>= 13 and <= 18);

    private static string Hex(IPAddress address) => Convert.ToHexString(address.GetAddressBytes());

    private static string Hex(IPv6Address address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.CopyTo(bytes);
        return Convert.ToHexString(bytes);
    }
}
