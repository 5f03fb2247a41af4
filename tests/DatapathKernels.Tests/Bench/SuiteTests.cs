using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Suites;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Maps;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>Every suite sets up, which checks its answers, and runs. In one collection: they name files in environment variables.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class SuiteTests : IDisposable
{
    public void Dispose()
    {
        Environment.SetEnvironmentVariable(RulesInput.Variable, null);
        Environment.SetEnvironmentVariable(CaptureInput.Variable, null);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void Every_packet_to_the_built_in_cluster_reaches_an_endpoint(int services)
    {
        using ServiceLookupBench bench = new() { Services = services };
        bench.SetupMaps();
        bench.SetupRules();

        Assert.Equal(64, bench.IptablesLinear());
        Assert.Equal(bench.Dictionary(), bench.FrozenDictionary());
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(100, true)]
    public void Every_matcher_finds_what_the_walk_finds(int services, bool miss)
    {
        foreach (Action<ChainBench> setup in (Action<ChainBench>[])[b => b.SetupLinear(), b => b.SetupVector(), b => b.SetupIndexed()])
        {
            using ChainBench bench = new() { Services = services, Miss = miss };
            setup(bench);

            Assert.Equal(1, bench.Linear());
            Assert.Equal(16, bench.IndexedBurst());
        }
    }

    [Theory]
    [InlineData("acl", 100)]
    [InlineData("fw", 1000)]
    [InlineData("ipc", 1000)]
    public void Every_matcher_finds_the_first_rule_that_matches(string set, int rules)
    {
        foreach (Action<ClassifierBench> setup in (Action<ClassifierBench>[])[b => b.SetupLinear(), b => b.SetupVector(), b => b.SetupIndexed()])
        {
            using ClassifierBench bench = new() { Set = set, Rules = rules };
            setup(bench);

            Assert.InRange(bench.Indexed(), 1, int.MaxValue);
            Assert.InRange(bench.IndexedBurst(), 1, int.MaxValue);
        }
    }

    [Fact]
    public void Thirty_thousand_services_are_loaded_within_400_megabytes()
    {
        using LoadBench bench = new() { Services = 30_000 };
        bench.Setup();
        GC.Collect();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long native = bench.Everything();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before + native, 1, 400 << 20);
    }

    [Theory]
    [InlineData(100, 4096)]
    [InlineData(0, 0)]
    public void Flow_maps_find_what_they_hold(int hits, int found)
    {
        using FlowMapBench bench = new() { Entries = 1024, Hits = hits };
        bench.SetupMap();
        bench.SetupDictionary();

        Assert.Equal(found, bench.LookupStream());
        Assert.Equal(bench.Lookup() == 0, bench.Dictionary() == 0);
    }

    [Fact]
    public void A_full_flow_map_is_changed_without_a_refusal()
    {
        using FlowMapUpdateBench bench = new() { Entries = 65_536 };
        bench.Setup();

        Assert.Equal([MapError.Ok, MapError.Ok, MapError.Ok], [bench.UpdateExisting(), bench.Churn(), bench.ChurnBatch()]);
        Assert.Equal([MapError.Ok, MapError.Ok], [bench.Delete(), bench.Insert()]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Workers_see_all_packets_of_their_flows(int workers)
    {
        using ShardedConntrackBench bench = new() { Workers = workers, Connections = 1000 };
        bench.Setup();

        Assert.Equal(1 << 16, bench.EstablishedBurst());
    }

    [Fact]
    public void Routes_and_backends_are_found()
    {
        using RouteTableBench routes = new() { Routes = 5000 };
        routes.SetupV4();
        MaglevBench maglev = new() { Backends = 10 };
        maglev.Setup();
        MaglevBuildBench build = new() { Backends = 10 };
        build.Setup();
        Assert.InRange(maglev.Lookup(), 1, int.MaxValue);
        Assert.Equal(MapError.Ok, routes.InsertDelete());
    }

    [Fact]
    public void A_walk_allocates_nothing()
    {
        using ServiceLookupBench bench = new() { Services = 10 };
        bench.SetupRules();
        bench.IptablesLinear();

        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.IptablesLinear();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [CorpusTheory]
    [InlineData("azure-npm-iptablesave-v2.txt", 40, true)]
    [InlineData("kernel-canonical-1000svc.txt.gz", 1201, false)]
    [InlineData("kind-v1.23-traefik-ericpuwang.txt", 6, false)]
    [InlineData("kubeadm-flannel-2023.txt", 7, false)]
    public void Real_dumps_are_walked(string dump, int services, bool saysUnknown)
    {
        string path = Corpus.PathOf("kubeproxy", "dumps", dump);
        IReadOnlyList<string> notes = UserInput.Check(new BenchOptions { RulesFile = path }).Notes;
        Assert.Equal([services], UserRulesBench.ServicesInDump);
        List<(int Walked, int Traversed)> translated = [];
        foreach (Action<UserRulesBench> setup in (Action<UserRulesBench>[])[b => b.SetupLinear(), b => b.SetupVector(), b => b.SetupIndexed()])
        {
            using UserRulesBench bench = new();
            setup(bench);

            // So many calls go once round all packets, from wherever the setup left off.
            translated.Add((Enumerable.Range(0, 64).Sum(_ => bench.IptablesLinear()), Enumerable.Range(0, 64).Sum(_ => bench.IptablesTraversal())));
        }

        // The same packets by three matchers of one meaning.
        Assert.InRange(translated[0].Walked, 1, 4096);
        Assert.InRange(translated[0].Traversed, 1, 4096);
        Assert.All(translated, t => Assert.Equal(translated[0], t));
        using UserRulesBench maps = new();
        maps.SetupMaps();
        Assert.Equal(maps.Dictionary(), maps.FrozenDictionary());
        Assert.Equal(saysUnknown, notes.Any(n => n.Contains("not evaluated: match owner (line", StringComparison.Ordinal)));
    }

    [Fact]
    public void Services_from_kubectl_become_rules()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.yaml");
        File.WriteAllText(path, """
            kind: Service
            metadata: {name: web, namespace: shop}
            spec: {clusterIP: 10.96.0.5, ports: [{port: 80}]}
            ---
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
            ports: [{port: 8080}]
            endpoints: [{addresses: [10.1.0.1]}, {addresses: [10.1.0.2]}]
            ---
            kind: Pod
            metadata: {name: web-0}
            """);
        try
        {
            RulesInput rules = RulesInput.Load(path);

            Assert.Single(rules.Services);
            Assert.Contains(rules.Notes, note => note.EndsWith("left out: kind Pod: not a Service, EndpointSlice or Node (line 10)", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [CorpusTheory]
    [InlineData("azure-npm-iptablesave-v1.txt")]
    [InlineData("format-zoo.txt")]
    [InlineData("README.md")]
    [InlineData("big-1000svc-model.json.gz")]
    public void Files_that_are_no_dump_are_refused_with_line_and_column(string dump)
    {
        string path = Corpus.PathOf("kubeproxy", "dumps", dump);

        BadInputException wrong = Assert.Throws<BadInputException>(() => RulesInput.Load(path));

        Assert.Matches(@":\d+:\d+: expected ", wrong.Message);
    }

    [CorpusTheory]
    [InlineData("packetnet__ipv4_tso_frame.pcap", null)]
    [InlineData("packetnet__LinuxCookedCapture.pcap", null)]
    [InlineData("packetnet__802.1ad_vlan_ipv4.pcap", null)]
    [InlineData("deepflow__flow_generator__ip-fragment.pcap", "kubeadm-flannel-2023.txt")]
    public void Real_captures_are_parsed_verified_and_walked(string capture, string? dump)
    {
        UserInput.Check(new BenchOptions
        {
            CaptureFile = Corpus.PathOf("pcap", "files", capture),
            RulesFile = dump is null ? null : Corpus.PathOf("kubeproxy", "dumps", dump),
        });
        using UserCaptureBench bench = new();
        bench.Setup();

        Assert.InRange(bench.FlowKey(), 0, 256);
        Assert.InRange(bench.Checksums(), 0, 256 * 8);
        Assert.InRange(bench.IptablesLinear(), 0, 256);
    }

    [CorpusFact]
    public void Rules_and_a_capture_of_the_other_family_are_refused()
    {
        BadInputException wrong = Assert.Throws<BadInputException>(() => UserInput.Check(new BenchOptions
        {
            RulesFile = Corpus.PathOf("kubeproxy", "dumps", "kubeadm-flannel-2023.txt"),
            CaptureFile = Corpus.PathOf("pcap", "files", "packetnet__ipv6_icmpv6_packet_raw_linklayer.pcap"),
        }));

        Assert.Contains("expected at least one IPv4 packet", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatapathMode.Iptables, OverlayKind.None, false)]
    [InlineData(DatapathMode.IptablesIndexed, OverlayKind.Vxlan, true)]
    [InlineData(DatapathMode.Nftables, OverlayKind.Vxlan, true)]
    [InlineData(DatapathMode.Ipvs, OverlayKind.Vxlan, true)]
    [InlineData(DatapathMode.Ebpf, OverlayKind.Vxlan, true)]
    public void Every_packet_of_a_whole_datapath_reaches_a_backend(DatapathMode mode, OverlayKind overlay, bool policy)
    {
        using DatapathBench bench = new() { Mode = mode, Services = 100, Flows = 1000, Overlay = overlay, Policy = policy };
        bench.Setup();
    }

    [Theory]
    [InlineData(64)]
    [InlineData(8900)]
    public void Every_packet_goes_into_its_tunnel(int bytes)
    {
        using OverlayBench bench = new() { Bytes = bytes };
        bench.Setup();
    }
}
