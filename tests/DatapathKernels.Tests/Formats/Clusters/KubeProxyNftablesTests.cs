using System.Net;
using System.Text.Json;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>The text of kube-proxy's nftables mode.</summary>
public class KubeProxyNftablesTests
{
    [CorpusTheory]
    [InlineData("ruleset", NftablesRelease.V130)]
    [InlineData("ruleset_head", NftablesRelease.V133)]
    public void Text_is_the_corpus_line_by_line(string field, NftablesRelease release)
    {
        int files = 0;
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", "nftables"), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            Assert.Equal(document.RootElement.GetProperty(field).GetString()!.Trim(), TextOf(document.RootElement, release).Trim());
            files++;
        }

        Assert.Equal(37, files);
    }

    /// <summary>Upstream's own test of every kind of service, whose lines are in another order.</summary>
    [CorpusFact]
    public void Text_has_upstreams_lines()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("kubeproxy", "cases", "dumps-only", "nft-head-TestOverallNFTablesRules.json")));
        string expected = document.RootElement.GetProperty("ruleset").GetString()!;
        Assert.Equal(Lines(expected), Lines(TextOf(document.RootElement, NftablesRelease.V133)));
    }

    [Fact]
    public void Names_are_cut_behind_their_hash()
    {
        ClusterService service = new() { Namespace = new string('n', 63), Name = new string('s', 63), ClusterIPs = [], Ports = [] };
        ServicePort port = new() { Name = new string('p', 63), Port = 80, Protocol = IpProtocol.Tcp };
        ServiceEndpoint endpoint = new() { Address = IPAddress.Parse("fd00:1111:2222:3333:4444:5555:6666:7777"), Port = 65535 };
        Assert.Equal(9 + 63 + 63 + 63 + 3 + 3, KubeProxyNftChains.ServicePort(service, port).Length);
        string name = KubeProxyNftChains.Endpoint(service, port, endpoint);
        Assert.Equal(KubeProxyNftChains.MaxLength, name.Length);
        Assert.EndsWith("...", name, StringComparison.Ordinal);
        Assert.NotEqual(name[..8], KubeProxyNftChains.Endpoint(service, port, endpoint with { Port = 65534 })[..8]);
    }

    private static string TextOf(JsonElement root, NftablesRelease release)
    {
        JsonElement model = root.GetProperty("model");
        KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { NftablesRelease = release };
        return KubeProxyNftables.ToText(KubernetesModel.Load(model), options);
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Where(line => line.StartsWith("add", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
