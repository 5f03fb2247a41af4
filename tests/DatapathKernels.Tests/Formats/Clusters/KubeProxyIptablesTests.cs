using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public class KubeProxyIptablesTests
{
    public static TheoryData<string> FullSyncs()
    {
        TheoryData<string> cases = [];
        if (!Corpus.IsPresent)
            return cases;
        foreach (string folder in (string[])["dumps-only", "iptables-verbatim", "iptables-generated"])
        {
            foreach (string path in Directory.GetFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json").Order(StringComparer.Ordinal))
            {
                JsonElement root = Read(path);
                bool iptables = KubernetesModel.Text(root, "mode") == "iptables";
                bool partial = root.TryGetProperty("partial_sync", out JsonElement p) && p.ValueKind == JsonValueKind.True;
                bool tracer = KubernetesModel.Text(root, "name").Contains("TracePackets", StringComparison.Ordinal);
                if (iptables && !partial && !tracer)
                    cases.Add(Path.GetRelativePath(Corpus.Root, path));
            }
        }

        return cases;
    }

    [CorpusTheory]
    [MemberData(nameof(FullSyncs))]
    public void Text_is_kube_proxys(string file)
    {
        JsonElement root = Read(Corpus.PathOf(file));
        JsonElement model = root.GetProperty("model");
        Cluster cluster = KubernetesModel.Load(model);
        KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config"));

        // The generated cases are in the order of their services, upstream's own sorted.
        if (file.Contains("iptables-generated", StringComparison.Ordinal))
            options = options with { Order = RulesetOrder.Given };
        Assert.Equal(root.GetProperty("ruleset").GetString()!.Trim(), KubeProxyIptables.ToText(cluster, options).Trim());
        if (root.TryGetProperty("ruleset_full", out JsonElement full))
            Assert.Equal(Lines(full.GetString()!), Lines(KubeProxyIptables.ToText(cluster, options with { BaseChains = true })));
        if (root.TryGetProperty("ruleset_saved", out JsonElement saved))
        {
            KubeProxyOptions save = options with { BaseChains = true, Spelling = RulesetSpelling.Save };
            Assert.Equal(saved.GetString()!.Trim(), KubeProxyIptables.ToText(cluster, save).Trim());
        }
    }

    [Theory]
    [InlineData("cbr0", "! -i cbr0 -j KUBE-MARK-MASQ", "iifname != \"cbr0\" jump mark-for-masquerade")]
    [InlineData("cali+", "! -i cali+ -j KUBE-MARK-MASQ", "iifname != \"cali*\" jump mark-for-masquerade")]
    public void Local_pods_are_told_by_their_interface(string local, string masquerade, string nft)
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 10, NodePortShare = 1, ExternalTrafficLocalShare = 1 });
        KubeProxyOptions options = new() { LocalInterface = local };

        string text = KubeProxyIptables.ToText(cluster, options), saved = KubeProxyIptables.ToText(cluster, options with { Spelling = RulesetSpelling.Save });
        Assert.Contains(masquerade, text, StringComparison.Ordinal);
        Assert.Contains($" -i {local} -j KUBE-SVC-", text, StringComparison.Ordinal);
        Assert.DoesNotContain("10.128.0.0/9", text, StringComparison.Ordinal);
        Rulesets.AssertSame(Rulesets.Parse(text), Rulesets.Parse(text));
        Assert.Equal(Rulesets.Parse(text).RuleCount, Rulesets.Parse(saved).RuleCount);
        Assert.Contains(nft, KubeProxyNftables.ToText(cluster, options), StringComparison.Ordinal);
        Assert.Contains(masquerade, KubeProxyIpvs.Build(cluster, options).Rules, StringComparison.Ordinal);
    }

    [Fact]
    public void The_masquerade_mark_is_the_bit_of_the_options()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 2 });
        string text = KubeProxyIptables.ToText(cluster, new() { MasqueradeBit = 31 });
        Assert.Contains("MARK --or-mark 0x80000000", text, StringComparison.Ordinal);
        Assert.Contains("! --mark 0x80000000/0x80000000 -j RETURN", text, StringComparison.Ordinal);
        Assert.Contains("MARK --set-xmark 0x1/0x0", KubeProxyIptables.ToText(cluster, new() { MasqueradeBit = 0, Spelling = RulesetSpelling.Save }), StringComparison.Ordinal);
        Assert.DoesNotContain("0x4000", text + KubeProxyNftables.ToText(cluster, new() { MasqueradeBit = 3 }), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => KubeProxyIptables.ToText(cluster, new() { MasqueradeBit = 32 }));
    }

    [Fact]
    public void Canary_chains_stand_in_three_tables_and_hold_nothing()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 2 });
        Ruleset with = Rulesets.Parse(KubeProxyIptables.ToText(cluster, new() { CanaryChains = true })), without = Rulesets.Parse(KubeProxyIptables.ToText(cluster, new()));
        Assert.Equal(without.RuleCount, with.RuleCount);
        foreach (TableKind table in (TableKind[])[TableKind.Mangle, TableKind.Nat, TableKind.Filter])
            Assert.Empty(with.Find(table, "KUBE-PROXY-CANARY")!.Rules);
    }

    [CorpusFact]
    public void There_are_full_syncs() => Assert.True(FullSyncs().Count >= 70, $"only {FullSyncs().Count}");

    [CorpusTheory]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7657-partial", "ipt-TestSyncProxyRulesRepeated-L7579", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7708-partial", "ipt-TestSyncProxyRulesRepeated-L7657-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7768-partial", "ipt-TestSyncProxyRulesRepeated-L7708-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7831-partial", "ipt-TestSyncProxyRulesRepeated-L7768-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7890-partial", "ipt-TestSyncProxyRulesRepeated-L7831-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7948-partial", "ipt-TestSyncProxyRulesRepeated-L7890-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L7996-partial", "ipt-TestSyncProxyRulesRepeated-L7948-partial", false)]
    [InlineData("ipt-TestSyncProxyRulesRepeated-L8106-partial", "ipt-TestSyncProxyRulesRepeated-L7996-partial", true)]
    [InlineData("ipt-TestTerminatingEndpointsTrafficPolicyCluster-no-usable-endpoints-on-any-node-L6582-partial", "ipt-TestTerminatingEndpointsTrafficPolicyCluster-no-usable-endpoints-on-any-node-L6582", false)]
    [InlineData("ipt-TestTerminatingEndpointsTrafficPolicyLocal-no-usable-endpoints-on-any-node-L6072-partial", "ipt-TestTerminatingEndpointsTrafficPolicyLocal-no-usable-endpoints-on-any-node-L6072", false)]
    public void An_update_sends_what_kube_proxy_sends(string after, string before, bool full)
    {
        JsonElement now = Read(Corpus.PathOf("kubeproxy", "cases", "dumps-only", after + ".json"));
        JsonElement then = Read(Corpus.PathOf("kubeproxy", "cases", "dumps-only", before + ".json"));
        using StringWriter text = new();

        KubeProxyIptables.WriteUpdate(
            KubernetesModel.Load(then.GetProperty("model")), KubernetesModel.Load(now.GetProperty("model")), KubernetesModel.Options(now.GetProperty("model").GetProperty("config")), text, full);

        Assert.Equal(now.GetProperty("ruleset").GetString()!.Trim(), text.ToString().Trim());
    }

    [CorpusFact]
    public void Rule_counts_are_upstreams()
    {
        foreach (JsonElement row in Read(Corpus.PathOf("kubeproxy", "cases", "rule-counts.json")).GetProperty("rows").EnumerateArray())
        {
            Cluster cluster = ClusterGenerator.Generate(new()
            {
                Services = row.GetProperty("services").GetInt32(),
                EndpointsPerService = row.GetProperty("epPerService").GetInt32(),
            });
            if (row.GetProperty("type").GetString() == "LoadBalancer")
                cluster = new(cluster.Nodes, cluster.Pods, [.. cluster.Services.Select(AsLoadBalancer)], cluster.PodRanges, cluster.ServiceRanges);
            (int filter, int nat) = CountRules(KubeProxyIptables.ToText(cluster, new() { MasqueradeAll = true, BaseChains = false }));
            Assert.Equal(row.GetProperty("expectedFilterRules").GetInt32(), filter);
            Assert.Equal(row.GetProperty("expectedNatRules").GetInt32(), nat);
        }
    }

    // As upstream's test of rule counts makes them.
    private static ClusterService AsLoadBalancer(ClusterService service, int index) => service with
    {
        Ports = [.. service.Ports.Select(port => port with { NodePort = (ushort)(30_000 + index) })],
        ExternalIPs = [IPAddress.Parse("1.2.3.4")],
        LoadBalancerIPs = [IPAddress.Parse("1.2.3.4")],
        LoadBalancerSourceRanges = [IPNetwork.Parse("1.2.3.0/28")],
    };

    /// <summary>The kernel's own dump of 1,000 services of every type.</summary>
    [CorpusFact]
    public void Every_chain_is_what_the_kernel_prints()
    {
        JsonElement model = JsonDocument.Parse(Gunzip("big-1000svc-model.json.gz")).RootElement;
        Cluster cluster = KubernetesModel.Load(model);
        KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { BaseChains = true, Spelling = RulesetSpelling.Save };
        Dictionary<string, List<string>> ours = ByChain(KubeProxyIptables.ToText(cluster, options));
        Dictionary<string, List<string>> kernel = ByChain(Gunzip("kernel-canonical-1000svc.txt.gz"));

        Assert.Equal(kernel.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        foreach ((string chain, List<string> rules) in ours)
        {
            // The shared chains hold the services in the order of a Go map.
            bool shared = chain.EndsWith("SERVICES", StringComparison.Ordinal) || chain.EndsWith("NODEPORTS", StringComparison.Ordinal) || chain.EndsWith("PROXY-FIREWALL", StringComparison.Ordinal);
            if (shared)
                Assert.Equal(kernel[chain].Order(StringComparer.Ordinal), rules.Order(StringComparer.Ordinal));
            else
                Assert.Equal(kernel[chain], rules);
        }
    }

    [Fact]
    public void Nothing_but_the_seed_decides_the_order_of_services()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 50, EndpointsPerService = 2 });
        string one = KubeProxyIptables.ToText(cluster, new() { OrderSeed = 1 });
        string two = KubeProxyIptables.ToText(cluster, new() { OrderSeed = 2 });
        Assert.Equal(one, KubeProxyIptables.ToText(cluster, new() { OrderSeed = 1 }));
        Assert.NotEqual(one, two);
        Assert.Equal(one.Split('\n').Order(StringComparer.Ordinal), two.Split('\n').Order(StringComparer.Ordinal));

        string[] dispatch = [.. one.Split('\n').Where(line => line.StartsWith("-A KUBE-SERVICES", StringComparison.Ordinal))];
        Assert.Contains("must be the last rule", dispatch[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Large_clusters_go_without_comments()
    {
        ClusterOptions options = new() { Services = 100, EndpointsPerService = 10 };
        string small = KubeProxyIptables.ToText(ClusterGenerator.Generate(options), new());
        string large = KubeProxyIptables.ToText(ClusterGenerator.Generate(options with { EndpointsPerService = 11 }), new());
        Assert.Contains(" -> ", small, StringComparison.Ordinal);
        Assert.DoesNotContain(" -> ", large, StringComparison.Ordinal);
        Assert.Contains("cluster IP", large, StringComparison.Ordinal);
    }

    [Fact]
    public void Ipv6_has_brackets_and_no_localhost_firewall()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 3, EndpointsPerService = 2, Families = IpFamilies.DualStack });
        string text = KubeProxyIptables.ToText(cluster, new() { Family = AddressFamily.InterNetworkV6 });
        Assert.Contains("--to-destination [fd00:10:128:", text, StringComparison.Ordinal);
        Assert.Contains("! -d ::1/128 -j KUBE-NODEPORTS", text, StringComparison.Ordinal);
        Assert.DoesNotContain("KUBE-FIREWALL", text, StringComparison.Ordinal);
        Assert.DoesNotContain("10.128.", text, StringComparison.Ordinal);
        Assert.Equal((3, 5 + (3 * (2 + (3 * 2)))), CountRules(KubeProxyIptables.ToText(cluster, new() { Family = AddressFamily.InterNetworkV6, BaseChains = false })));
    }

    [Fact]
    public void Affinity_checks_every_endpoint_before_it_balances()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 1, EndpointsPerService = 2, AffinityShare = 1 });
        string[] rules = [.. KubeProxyIptables.ToText(cluster, new()).Split('\n').Where(r => r.StartsWith("-A KUBE-SVC-", StringComparison.Ordinal))];
        Assert.Equal(5, rules.Length);
        Assert.Contains("-j KUBE-MARK-MASQ", rules[0], StringComparison.Ordinal);
        Assert.Contains("--rcheck --seconds 10800 --reap", rules[1], StringComparison.Ordinal);
        Assert.Contains("--rcheck --seconds 10800 --reap", rules[2], StringComparison.Ordinal);
        Assert.Contains("--probability 0.5000000000", rules[3], StringComparison.Ordinal);
        Assert.DoesNotContain("--probability", rules[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_family_that_is_none_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KubeProxyIptables.ToText(ClusterGenerator.Generate(new() { Services = 1 }), new() { Family = AddressFamily.Unix }));

    /// <summary>The same text for the same seed, on every machine and in every version: benchmarks are compared across both.</summary>
    [Fact]
    public void The_text_of_one_seed_never_changes()
    {
        Cluster cluster = ClusterGenerator.Generate(new()
        {
            Services = 328,
            EndpointMix = EndpointMix.Realistic,
            Families = IpFamilies.DualStack,
            AffinityShare = 0.1,
            NotReadyShare = 0.1,
            TerminatingShare = 0.1,
            Seed = 42,
        });
        string v4 = KubeProxyIptables.ToText(cluster, new());
        string v6 = KubeProxyIptables.ToText(cluster, new() { Family = AddressFamily.InterNetworkV6 });
        Assert.Equal("77592989462621BF1EAB0EB4FF0D57ED9720FCAE03421119FD0B074B4BDB7642", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(v4 + v6))));
    }

    // The rules in their order, after the declarations in any: where an empty chain of somebody else's is declared is nobody's business.
    private static string[] Lines(string text)
    {
        string[] lines = text.Trim().Split('\n');
        return [.. lines.Where(line => line.StartsWith(':')).Order(StringComparer.Ordinal), .. lines.Where(line => !line.StartsWith(':'))];
    }

    private static (int Filter, int Nat) CountRules(string text)
    {
        string[] tables = text.Split("COMMIT\n");
        return (tables[0].Split("\n-A ").Length - 1, tables[1].Split("\n-A ").Length - 1);
    }

    private static Dictionary<string, List<string>> ByChain(string text)
    {
        Dictionary<string, List<string>> chains = [];
        string table = "";
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('*'))
                table = line[1..];
            if (!line.StartsWith("-A ", StringComparison.Ordinal))
                continue;
            string chain = $"{table} {line.Split(' ')[1]}";
            if (!chains.TryGetValue(chain, out List<string>? rules))
                chains.Add(chain, rules = []);
            rules.Add(line);
        }

        return chains;
    }

    private static JsonElement Read(string path) => JsonDocument.Parse(File.ReadAllText(path)).RootElement;

    private static string Gunzip(string file)
    {
        using GZipStream stream = new(File.OpenRead(Corpus.PathOf("kubeproxy", "dumps", file)), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
