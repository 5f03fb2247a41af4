using System.Globalization;
using System.Net;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Nft;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Clusters;
using DatapathKernels.Tests.Infrastructure;
using MathNet.Numerics.Distributions;
using Xunit;

namespace DatapathKernels.Tests.Filtering.Nft;

/// <summary>Upstream's flows on their whole way through the node: through the corpus' nftables rules, and through ours.</summary>
public class NftCaseTests
{
    private const int Samples = 600;

    [CorpusTheory]
    [InlineData("ruleset")]
    [InlineData("ruleset_head")]
    public void Every_flow_goes_where_upstream_says(string field) => CheckAll(root => root.GetProperty(field).GetString()!);

    [CorpusTheory]
    [InlineData(NftablesRelease.V130)]
    [InlineData(NftablesRelease.V133)]
    public void Every_flow_goes_there_through_generated_rules_too(NftablesRelease release) => CheckAll(root =>
    {
        JsonElement model = root.GetProperty("model");
        KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { NftablesRelease = release };
        return KubeProxyNftables.ToText(KubernetesModel.Load(model), options);
    });

    /// <summary>
    /// The drafts of 2023 compare the Service's address with their firewalls in forward and input, which Linux asks behind the translation whatever the
    /// priority: upstream's tracer drops there, the kernel would not. All other flows go where the drafts' tests say.
    /// </summary>
    [CorpusFact]
    public void Every_flow_of_the_drafts_does_too_but_for_their_firewalls()
    {
        List<string> differences = Differences(root => root.GetProperty("ruleset_draft").GetString()!, flow => flow.GetProperty("output").GetString()!, out int seen);
        Assert.Equal(205, seen);
        Assert.Equal(4, differences.Count);
        Assert.All(differences, line => Assert.Matches("^TestLoadBalancer.json: .*block.*: draw 0 gives '10.180.0.1:80' masq (True|False), expected 'DROP'", line));
    }

    private static void CheckAll(Func<JsonElement, string> rulesetOf)
    {
        List<string> differences = Differences(
            rulesetOf, flow => flow.TryGetProperty("output_v1_30", out JsonElement newer) ? newer.GetString()! : flow.GetProperty("output").GetString()!, out int seen);
        Assert.Equal([], differences);
        Assert.Equal(205, seen);
    }

    private static List<string> Differences(Func<JsonElement, string> rulesetOf, Func<JsonElement, string> outputOf, out int seen)
    {
        seen = 0;
        List<string> failures = [];
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", "nftables"), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement root = document.RootElement;
            IEnumerable<IpNetwork> local = root.GetProperty("nodeIPs").EnumerateArray().Select(ip => IpNetwork.Host(IPAddress.Parse(ip.GetString()!)));
            IpFamily family = root.GetProperty("model").GetProperty("config").GetProperty("ipv6").GetBoolean() ? IpFamily.V6 : IpFamily.V4;
            using NftMatcher matcher = new(NftParser.Parse(rulesetOf(root)), family, new MatcherOptions { Addresses = new NodeAddresses(local) });
            foreach (JsonElement flow in root.GetProperty("flows").EnumerateArray())
            {
                seen++;
                if (Differences(matcher, flow, outputOf(flow)) is { } difference)
                    failures.Add($"{Path.GetFileName(file)}: {flow.GetProperty("name").GetString()}: {difference}");
            }
        }

        return failures;
    }

    private static string? Differences(NftMatcher matcher, JsonElement flow, string output)
    {
        string source = flow.GetProperty("sourceIP").GetString()!, destination = flow.GetProperty("destIP").GetString()!;
        bool masquerades = flow.GetProperty("masq").GetBoolean();
        TestPacket packet = TestPacket.OfProtocol(flow.GetProperty("protocol").GetString()!, source, destination, flow.GetProperty("destPort").GetInt32());
        string[] outputs = output.Split(", ");

        // One draw for each endpoint: the list in its order.
        for (int i = 0; i < outputs.Length; i++)
        {
            string result = Sample(matcher, packet.Copy(), ScriptedRandom.For(i, outputs.Length), out bool marked);
            if (result != outputs[i] || marked != masquerades)
                return $"draw {i} gives '{result}' masq {marked}, expected '{outputs[i]}' masq {masquerades}";
        }

        return outputs.Length == 1 ? null : ShareDifferences(matcher, packet, outputs);
    }

    /// <summary>Even chances: chi-square at one in a million.</summary>
    private static string? ShareDifferences(NftMatcher matcher, TestPacket packet, string[] outputs)
    {
        Dictionary<string, int> counts = outputs.ToDictionary(output => output, _ => 0);
        PacketRandom random = new(12345);
        for (int i = 0; i < Samples; i++)
            counts[Sample(matcher, packet.Copy(), new ScriptedRandom(random.Next()), out _)]++;
        double even = (double)Samples / outputs.Length;
        double chiSquare = counts.Values.Sum(count => (count - even) * (count - even) / even);
        double bound = ChiSquared.InvCDF(outputs.Length - 1, 1 - 1e-6);
        return chiSquare <= bound ? null : string.Create(CultureInfo.InvariantCulture, $"chi-square {chiSquare:F1} of {bound:F1}");
    }

    private static string Sample(NftMatcher matcher, TestPacket packet, ScriptedRandom random, out bool masquerades)
    {
        PacketInfo info = packet.Info;
        PacketMeta meta = new() { State = ConnectionStates.New };
        GivenConnectionState connections = default;
        matcher.Traverse(packet.Bytes, info, ref meta, ref random, ref connections, out PacketVerdict verdict);
        masquerades = verdict.Source.Kind == NatKind.Masquerade;
        Assert.Equal(0u, meta.Mark);
        List<string> outputs = [];
        if (verdict.Destination.Kind == NatKind.Dnat)
        {
            outputs.Add(packet.Destination);
            if (info.Protocol != IpProtocol.Sctp)
                Assert.True(packet.ChecksumsAreRight());
        }

        if (verdict.Kind != VerdictKind.Accept)
            outputs.Add(verdict.Kind.ToString().ToUpperInvariant());
        return string.Join(", ", outputs);
    }
}
