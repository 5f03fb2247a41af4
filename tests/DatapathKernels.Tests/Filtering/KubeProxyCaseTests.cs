using System.Net;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Clusters;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using MathNet.Numerics.Distributions;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Upstream's own flows through upstream's own rules, in collect mode (tracer) and in sample mode (matcher).</summary>
public class KubeProxyCaseTests
{
    private const int Samples = 600;
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
            foreach (JsonElement flow in document.RootElement.GetProperty("flows").EnumerateArray())
            {
                seen++;
                if (Differences(ruleset, node, flow) is { } difference)
                    failures.Add($"{Path.GetFileName(file)}: {flow.GetProperty("name").GetString()}: {difference}");
            }
        }

        Assert.Equal([], failures);
        Assert.Equal(flows, seen);
    }

    /// <summary>The same flows through the rules our own generator writes for the case's services; one case has rules only.</summary>
    [CorpusTheory]
    [InlineData("iptables-verbatim", 67)]
    [InlineData("iptables-generated", 136)]
    [InlineData("nftables", 205)]
    public void Every_flow_goes_there_through_generated_rules_too(string folder, int flows)
    {
        int seen = 0;
        List<string> failures = [];
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("model", out JsonElement model))
                continue;
            KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { BaseChains = true };
            if (folder == "nftables")
                options = options with { LocalhostNodePorts = false };
            Ruleset ruleset = Rulesets.Parse(KubeProxyIptables.ToText(KubernetesModel.Load(model), options));
            string[] local = [.. document.RootElement.GetProperty("nodeIPs").EnumerateArray().Select(ip => ip.GetString()!)];
            NodeAddresses node = new(local.Select(ip => IpNetwork.Host(IPAddress.Parse(ip))), loopback: folder != "nftables");
            foreach (JsonElement flow in document.RootElement.GetProperty("flows").EnumerateArray())
            {
                seen++;
                if (Differences(ruleset, node, flow) is { } difference)
                    failures.Add($"{Path.GetFileName(file)}: {flow.GetProperty("name").GetString()}: {difference}");
            }
        }

        Assert.Equal([], failures);
        Assert.Equal(flows, seen);
    }

    private static string? Differences(Ruleset ruleset, NodeAddresses node, JsonElement flow)
    {
        string source = flow.GetProperty("sourceIP").GetString()!, destination = flow.GetProperty("destIP").GetString()!;
        string protocol = flow.GetProperty("protocol").GetString()!, output = flow.GetProperty("output").GetString()!;
        bool masquerades = flow.GetProperty("masq").GetBoolean();
        int port = flow.GetProperty("destPort").GetInt32();
        TestPacket packet = TestPacket.OfProtocol(protocol, source, destination, port);

        RuleTracer tracer = new(ruleset, node, source, destination, port, packet.Info.Protocol);
        tracer.Run();
        string collected = string.Join(", ", tracer.Outputs);
        if (collected != output || tracer.Masquerades != masquerades)
            return $"collected '{collected}' masq {tracer.Masquerades}, expected '{output}' masq {masquerades}";

        MatcherOptions options = new() { Addresses = node };
        foreach (ChainMatcher matcher in (ChainMatcher[])[new LinearMatcher(ruleset, options), new VectorMatcher(ruleset, options), new IndexedMatcher(ruleset, options)])
        {
            using (matcher)
            {
                if (SampledDifferences(matcher, packet, output.Split(", "), masquerades) is { } difference)
                    return $"{matcher.GetType().Name}: {difference}";
            }
        }

        return null;
    }

    /// <summary>Every sample is one of the outputs, and their numbers are those of even chances: chi-square at one in a million.</summary>
    private static string? SampledDifferences(ChainMatcher matcher, TestPacket packet, string[] outputs, bool masquerades)
    {
        Dictionary<string, int> counts = outputs.ToDictionary(output => output, _ => 0);
        int samples = outputs.Length == 1 ? 10 : Samples;
        bool marked = false;
        PacketRandom random = new(12345);
        for (int i = 0; i < samples; i++)
        {
            string result = Sample(matcher, packet.Copy(), i * 1_000_000_000L, ref random, out bool mark);
            marked |= mark;
            if (!counts.TryGetValue(result, out int count))
                return $"sampled '{result}', expected one of '{string.Join(", ", outputs)}'";
            counts[result] = count + 1;
        }

        double even = (double)samples / outputs.Length;
        double chiSquare = counts.Values.Sum(count => (count - even) * (count - even) / even);
        double bound = outputs.Length == 1 ? 0 : ChiSquared.InvCDF(outputs.Length - 1, 1 - 1e-6);
        return chiSquare <= bound && marked == masquerades ? null
            : $"sampled {string.Join(", ", counts)}: chi-square {chiSquare:F1} of {bound:F1}, masq {marked}, expected even shares and masq {masquerades}";
    }

    private static string Sample(ChainMatcher matcher, TestPacket packet, long nowMs, ref PacketRandom random, out bool marked)
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
