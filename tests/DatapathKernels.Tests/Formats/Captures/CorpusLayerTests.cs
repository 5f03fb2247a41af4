using System.Collections.Concurrent;
using System.Text.Json;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>Every header view over every third-party frame, field by field, checksum verdicts and quoted packets included.</summary>
public sealed class CorpusLayerTests
{
    /// <summary>Frames of which tshark and the views rightly say different things.</summary>
    private static readonly Dictionary<(string Capture, int Frame), string> Explained = new()
    {
        [("tcpdump__bigtcp-ipv6.pcap", 1)] = BigTcp,
        [("tcpdump__bigtcp-ipv6-geneve-ipv6.pcap", 1)] = BigTcp,
        [("suricata-verify__firewall__tcp-session-decode-malformed-ipv4__input.pcap", 8)] = SecurityOption,
        [("suricata-verify__bug-7414-decoder-event-01__ip_secopt.pcap", 3)] = SecurityOption,
        [("zeek__ipv6-mobility-dst-opts.pcap", 1)] = "A home address option of the wrong length: tshark gives up, the walk passes over options.",
        [("zeek__ipv6-mobility-dst-opts.pcap", 3)] = HomeAddress,
        [("zeek__chksums__ip6-hoa-tcp-good-chksum.pcap", 1)] = HomeAddress,
        [("zeek__chksums__ip6-hoa-udp-good-chksum.pcap", 1)] = HomeAddress,
        [("tcpdump__ipv6-srh-insert-cksum.pcap", 1)] = "The pseudo header has the last segment of the segment routing header (RFC 8754), which has no view.",
        [("pcapplusplus__null_loopback.pcap", 3)] = UpperHalf,
        [("pcapplusplus", 3)] = UpperHalf,
        [("pcapplusplus", 7)] = UpperHalf,
        [("deepflow__common__ip6-vxlan.pcap", 1)] = "The inner packet claims more than the UDP length holds; tshark checks the checksum of what is there.",
    };

    /// <summary>How much is compared at least, so that a walk that ends early is noticed.</summary>
    private static readonly Dictionary<string, int> Compared = new()
    {
        ["eth"] = 79_900, ["vlan"] = 730, ["8021ad"] = 4, ["sll"] = 740, ["null"] = 25, ["arp"] = 2_000,
        ["ip"] = 33_000, ["ipv6"] = 46_500, ["ext HopByHop"] = 8_000, ["ext Fragment"] = 8_000, ["ext Routing"] = 50,
        ["ext DestinationOptions"] = 45, ["ext Ah"] = 35_000, ["tcp"] = 8_000, ["udp"] = 2_500, ["partial udp"] = 4_000,
        ["sctp"] = 167, ["icmp"] = 11_000, ["icmpv6"] = 35_000, ["quoted ip"] = 40, ["quoted ipv6"] = 55,
        ["quoted udp"] = 25, ["quoted tcp"] = 25, ["quoted icmpv6"] = 18, ["quoted sctp"] = 3,
    };

    private const string BigTcp = "tshark does not look behind a payload length of zero; tcpdump and the views do.";
    private const string SecurityOption = "An IPv4 security option of 2 bytes, 11 in RFC 791: tshark gives up, the view passes over options.";
    private const string HomeAddress = "The pseudo header has the home address of a destination option (RFC 6275), which has no view.";
    private const string UpperHalf = "No address family: tshark takes the upper half for an EtherType.";

    [CorpusFact]
    public void Every_field_of_every_layer_agrees_with_tshark()
    {
        var failures = new ConcurrentBag<string>();
        var tally = new ConcurrentDictionary<string, int>();
        var explained = new ConcurrentDictionary<(string, int), string>(Explained);
        CorpusWalk.ForEachFrame((string name, int n, in CaptureRecord record, JsonElement oracle) =>
        {
            var walk = new LayerWalk(OracleLayer.Of(oracle), tally, isSnapped: record.OriginalLength > record.CapturedLength);
            walk.Frame(record.Frame, record.LinkType);
            if (walk.Difference is { } difference && !explained.TryRemove((name, n), out _))
                failures.Add($"{name} frame {n}: {difference}");
        });

        Assert.True(failures.IsEmpty, $"{failures.Count} differ:\n" + string.Join('\n', failures.Order(StringComparer.Ordinal).Take(40)));
        Assert.True(explained.IsEmpty, "no longer different: " + string.Join(' ', explained.Keys));
        foreach ((string layer, int atLeast) in Compared)
            Assert.True(tally.GetValueOrDefault(layer) >= atLeast, $"{tally.GetValueOrDefault(layer)} {layer} compared, expected {atLeast}");
    }
}
