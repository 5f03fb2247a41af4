using System.Net;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Upstream's own flows through upstream's own rules, in collect mode (tracer) and in sample mode (matcher).</summary>
public class KubeProxyCaseTests
{
    private const int MostSamples = 3000;
    private static readonly string[] FilterChains = ["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"];

    [CorpusTheory]
    [InlineData("iptables-verbatim", "ruleset_full", 74)]
    [InlineData("iptables-verbatim", "ruleset_saved", 74)]
    [InlineData("iptables-generated", "ruleset_full", 136)]
    [InlineData("iptables-generated", "ruleset_saved", 136)]
    [InlineData("nftables", "iptables_equivalent", 205)]
    [InlineData("nftables", "ruleset_saved", 205)]
    [InlineData("real", "ruleset_saved", 166)]
    public void Every_flow_goes_where_upstream_says(string folder, string field, int flows)
    {
        int seen = 0;
        List<string> failures = [];
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            Ruleset ruleset = Rulesets.Parse(document.RootElement.GetProperty(field).GetString()!);
            string[] local = [.. document.RootElement.GetProperty("nodeIPs").EnumerateArray().Select(ip => ip.GetString()!)];
            NodeAddresses node = new(local.Select(ip => IpNetwork.Host(IPAddress.Parse(ip))), loopback: folder != "nftables");
            using LinearMatcher matcher = new(ruleset, new MatcherOptions { Addresses = node });
            foreach (JsonElement flow in document.RootElement.GetProperty("flows").EnumerateArray())
            {
                seen++;
                if (Differences(ruleset, node, matcher, flow) is { } difference)
                    failures.Add($"{Path.GetFileName(file)}: {flow.GetProperty("name").GetString()}: {difference}");
            }
        }

        Assert.Equal([], failures);
        Assert.Equal(flows, seen);
    }

    private static string? Differences(Ruleset ruleset, NodeAddresses node, LinearMatcher matcher, JsonElement flow)
    {
        string source = flow.GetProperty("sourceIP").GetString()!, destination = flow.GetProperty("destIP").GetString()!;
        string protocol = flow.GetProperty("protocol").GetString()!, output = flow.GetProperty("output").GetString()!;
        int port = flow.GetProperty("destPort").GetInt32();
        bool masquerades = flow.GetProperty("masq").GetBoolean();
        TestPacket packet = TestPacket.OfProtocol(protocol, source, destination, port);

        RuleTracer tracer = new(ruleset, node, source, destination, port, packet.Info.Protocol);
        tracer.Run();
        string collected = string.Join(", ", tracer.Outputs);
        if (collected != output || tracer.Masquerades != masquerades)
            return $"collected '{collected}' masq {tracer.Masquerades}, expected '{output}' masq {masquerades}";

        HashSet<string> members = [.. output.Split(", ")], sampled = [];
        bool marked = false;
        PacketRandom random = new(12345);
        for (int i = 0; i < MostSamples && (sampled.Count < members.Count || marked != masquerades || i < 20); i++)
        {
            string result = Sample(matcher, packet.Copy(), i * 1_000_000_000L, ref random, out bool mark);
            marked |= mark;
            sampled.Add(result);
            if (!members.Contains(result))
                return $"sampled '{result}', expected one of '{output}'";
        }

        return sampled.Count == members.Count && marked == masquerades
            ? null
            : $"sampled '{string.Join(", ", sampled)}' masq {marked}, expected all of '{output}' masq {masquerades}";
    }

    private static string Sample(LinearMatcher matcher, TestPacket packet, long nowMs, ref PacketRandom random, out bool marked)
    {
        PacketInfo info = packet.Info;
        PacketMeta meta = new() { NowMs = nowMs, State = ConnectionStates.New };
        List<string> outputs = [];
        matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain);
        matcher.Evaluate(chain, packet.Bytes, info, ref meta, ref random, out PacketVerdict verdict);
        Assert.Equal(VerdictKind.Accept, verdict.Kind);
        if (verdict.Destination.Kind == NatKind.Dnat)
        {
            outputs.Add(packet.Destination);
            if (info.Protocol != IpProtocol.Sctp)
                Assert.True(packet.ChecksumsAreRight());
        }

        foreach (string name in FilterChains)
        {
            if (!matcher.Find(TableKind.Filter, name, out chain))
                continue;
            matcher.Evaluate(chain, packet.Bytes, info, ref meta, ref random, out verdict);
            if (verdict.Rule >= 0)
                outputs.Add(verdict.Kind.ToString().ToUpperInvariant());
        }

        marked = (meta.Mark & 0x4000) != 0;
        return string.Join(", ", outputs);
    }
}
