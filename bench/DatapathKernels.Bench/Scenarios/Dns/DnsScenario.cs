using System.Globalization;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>What looking up a name costs a node: names tried, packets, connections in its table, and time, by <c>ndots</c> and with or without a cache on the node.</summary>
internal sealed class DnsScenario : IScenario
{
    private const int MostDots = 5, QuickServices = 100, FullServices = 1000;

    /// <summary>How long a connection of a query and its answer stays: <c>nf_conntrack_udp_timeout</c>, for it is no stream before two seconds.</summary>
    private const int EntrySeconds = 30;

    private const int LookupsPerSecond = 1000;

    private static readonly DnsRoundTrips s_times = new();
    private static readonly DatapathMode[] s_modes = [DatapathMode.Iptables, DatapathMode.Nftables, DatapathMode.Ipvs, DatapathMode.Ebpf];
    private static readonly CachePlan[] s_caches = [CachePlan.None, CachePlan.Hits, CachePlan.Misses, CachePlan.Tracked];

    /// <inheritdoc/>
    public string Name => "Dns";

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 0.7, Full: 12);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        Cluster cluster = DnsCluster.Make(context.Full ? FullServices : QuickServices, context.Seed);
        ScenarioTimer timer = new(context.Full);
        DatapathModes.Warm();
        Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs = [];
        foreach (CachePlan cache in s_caches)
        {
            using DnsNode node = new(cluster, cache, DatapathMode.Iptables, context.Seed);
            double nameNs = timer.Measure(node.NameTicks, DnsNode.Batch).Median;
            foreach (IReadOnlyList<string> tried in Different())
            {
                foreach (bool each in new[] { false, true })
                    costs.Add((cache, tried.Count, each), node.Lookup(tried, each, batches: 1) with { DatapathNs = tried.Count * nameNs });
            }
        }

        return new ScenarioRecord(
            Name,
            "Looking up a name",
            $"How many packets, conntrack entries and milliseconds does one lookup (A and AAAA) take with ndots 1 to 5 and {DnsName.Domains.Count} search domains, with and without a cache on the node? "
                + $"A round trip to CoreDNS is taken for {Ms(s_times.ServerMs)} ms, one to the cache for {Ms(s_times.LocalMs)} ms.",
            Findings(costs),
            [ByDots(costs), ByCache(costs), ByMode(cluster, context.Seed, timer)],
            [TimeChart(costs), EntriesChart(costs)]);
    }

    /// <summary>A list of tried names of each length that any name comes to: what is asked costs alike.</summary>
    private static IEnumerable<IReadOnlyList<string>> Different() =>
        DnsName.All.SelectMany(name => Enumerable.Range(1, MostDots).Select(name.Tried)).DistinctBy(tried => tried.Count);

    private static DnsCost Of(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs, DnsName name, int dots, CachePlan cache = CachePlan.None, bool each = false) =>
        costs[(cache, name.Tried(dots).Count, each)];

    private static List<string> Findings(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs)
    {
        List<string> findings = [];
        foreach (DnsName name in DnsName.All)
        {
            DnsCost one = Of(costs, name, 1), five = Of(costs, name, MostDots), hit = Of(costs, name, MostDots, CachePlan.Hits);
            findings.Add($"{name.Kind} ({name.Text}), packets / conntrack entries / ms: {Figures(one, CachePlan.None)} with ndots:1, {Figures(five, CachePlan.None)} with ndots:5, "
                + $"{Figures(hit, CachePlan.Hits)} from the node's cache");
        }

        DnsName external = DnsName.All.First(name => name.Kind == "external");
        findings.Add($"a cache without its NOTRACK rules leaves {Words.Count(Of(costs, external, MostDots, CachePlan.Tracked).Entries)} entries for {external.Text} with ndots:5, "
            + $"{Words.Count(Of(costs, external, MostDots, CachePlan.Tracked, each: true).Entries)} when A and AAAA are asked from a port each");
        return findings;
    }

    private static string Figures(DnsCost cost, CachePlan cache) => $"{Words.Count(cost.Packets)} / {Words.Count(cost.Entries)} / {Ms(cost.Milliseconds(cache, s_times))}";

    private static ScenarioTable ByDots(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs) => new(
        "Without a cache: names tried · packets · conntrack entries (with a port for each query) · ms",
        ["name", .. Enumerable.Range(1, MostDots).Select(dots => $"ndots:{dots}")],
        [.. DnsName.All.Select(name => (IReadOnlyList<string>)[$"{name.Kind}: {name.Text}", .. Enumerable.Range(1, MostDots).Select(dots => DotsCell(costs, name, dots))])]);

    private static string DotsCell(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs, DnsName name, int dots)
    {
        DnsCost cost = Of(costs, name, dots);
        return $"{cost.Names} · {Words.Count(cost.Packets)} · {Words.Count(cost.Entries)} ({Words.Count(Of(costs, name, dots, each: true).Entries)}) · {Ms(cost.Milliseconds(CachePlan.None, s_times))}";
    }

    private static ScenarioTable ByCache(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs) => new(
        "With ndots:5: packets · conntrack entries · µs in the datapath · ms",
        ["name", .. s_caches.Select(CacheWords)],
        [.. DnsName.All.Select(name => (IReadOnlyList<string>)[$"{name.Kind}: {name.Text}", .. s_caches.Select(cache => CacheCell(Of(costs, name, MostDots, cache), cache))])]);

    private static string CacheCell(DnsCost cost, CachePlan cache) =>
        $"{Words.Count(cost.Packets)} · {Words.Count(cost.Entries)} · {(cost.DatapathNs / 1000).ToString("0.0", CultureInfo.InvariantCulture)} · {Ms(cost.Milliseconds(cache, s_times))}";

    private static string CacheWords(CachePlan cache) => cache switch
    {
        CachePlan.None => "no cache",
        CachePlan.Hits => "cache knows",
        CachePlan.Misses => "cache asks CoreDNS",
        _ => "cache knows, no NOTRACK",
    };

    private static ScenarioTable ByMode(Cluster cluster, int seed, ScenarioTimer timer)
    {
        DnsName external = DnsName.All.First(name => name.Kind == "external");
        List<IReadOnlyList<string>> rows = [];
        foreach (DatapathMode mode in s_modes)
        {
            using DnsNode node = new(cluster, CachePlan.None, mode, seed);
            DnsCost cost = node.Lookup(external.Tried(MostDots), onePortEach: false, batches: 1);
            double nameNs = timer.Measure(node.NameTicks, DnsNode.Batch).Median;
            rows.Add([mode.ToString(), Words.Count(cost.Packets), Words.Count(cost.Entries), Words.Ns(nameNs * cost.Names / cost.Packets)]);
        }

        return new ScenarioTable(
            $"{external.Text} with ndots:5 and no cache, by how the node does Services ({Words.Count(cluster.Services.Count)} of them)",
            ["mode", "packets", "entries in its connection table", "ns/packet in the datapath"],
            rows);
    }

    private static ScenarioChart TimeChart(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs) => new(
        "One lookup by ndots, no cache",
        "ndots",
        "ms",
        LogX: false,
        LogY: false,
        [.. DnsName.All.Select(name => new ScenarioSeries(name.Kind, [.. Enumerable.Range(1, MostDots).Select(dots => new ScenarioPoint(dots, Of(costs, name, dots).Milliseconds(CachePlan.None, s_times)))]))]);

    private static ScenarioChart EntriesChart(Dictionary<(CachePlan Cache, int Names, bool OnePortEach), DnsCost> costs) => new(
        $"Conntrack entries of {Words.Count(LookupsPerSecond)} external lookups a second, each held for {EntrySeconds} s",
        "ndots",
        "entries",
        LogX: false,
        LogY: false,
        [.. s_caches.Where(cache => cache != CachePlan.Misses).Select(cache => new ScenarioSeries(CacheWords(cache), [.. Enumerable.Range(1, MostDots).Select(dots => new ScenarioPoint(dots, EntrySeconds * LookupsPerSecond * Of(costs, DnsName.All.First(n => n.Kind == "external"), dots, cache).Entries))]))]);

    private static string Ms(double ms) => ms.ToString("0.00", CultureInfo.InvariantCulture);
}
