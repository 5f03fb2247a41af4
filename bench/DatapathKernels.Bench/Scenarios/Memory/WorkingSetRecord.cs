using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Memory;

/// <summary>What <see cref="WorkingSet"/> found, as findings, tables and a chart.</summary>
internal static class WorkingSetRecord
{
    /// <param name="name">The scenario's.</param>
    /// <param name="costs">Every mode at every size.</param>
    /// <param name="caches">By level; none where they are not known.</param>
    /// <param name="about">Whose cluster it is, where it is not the built-in one; null for that.</param>
    public static ScenarioRecord Of(string name, IReadOnlyList<WorkingSet.FlowCost> costs, IReadOnlyList<CacheSize> caches, string? about = null)
    {
        IGrouping<DatapathMode, WorkingSet.FlowCost>[] modes = [.. costs.GroupBy(c => c.Mode)];
        return new ScenarioRecord(
            name,
            "The working set",
            "What does a packet of a known connection cost as connections grow, and where does what a node keeps about them outgrow the caches?",
            [.. about is null ? (string[])[] : [about], .. modes.Select(Finding), .. caches.Select(cache => Finding(cache, modes))],
            [Times(modes), Outgrown(modes, caches)],
            [Chart(modes, caches)]);
    }

    /// <summary>At how many connections the state outgrows so many bytes: by what a connection takes at the largest size measured.</summary>
    public static double FlowsIn(long cacheBytes, IEnumerable<WorkingSet.FlowCost> mode) => cacheBytes / BytesAFlow(mode);

    // Where the third level is not told, what lies behind the second is not known.
    private static bool IsLast(CacheSize cache) => cache.Level >= 3;

    private static double BytesAFlow(IEnumerable<WorkingSet.FlowCost> mode) => mode.MaxBy(c => c.Flows) is { } most ? (double)most.StateBytes / most.Flows : 0;

    private static string Finding(IGrouping<DatapathMode, WorkingSet.FlowCost> mode)
    {
        WorkingSet.FlowCost first = mode.First(), last = mode.Last();
        return $"{mode.Key}: {Words.Ns(first.Time.Median)} ns a packet at {Words.Count(first.Flows)} connections, {Words.Ns(last.Time.Median)} ns at {Words.Count(last.Flows)}: "
            + $"{Words.Times(last.Time.Median / first.Time.Median)} times; {Words.Count(BytesAFlow(mode))} bytes a connection";
    }

    private static string Finding(CacheSize cache, IGrouping<DatapathMode, WorkingSet.FlowCost>[] modes)
    {
        double[] flows = [.. modes.Select(m => FlowsIn(cache.Bytes, m))];
        return $"L{cache.Level} ({Words.Count(cache.Bytes >> 10)} KiB) holds the state of {Words.About(flows.Min())} to {Words.About(flows.Max())} connections, by the mode{(IsLast(cache) ? "; beyond that packets wait for memory" : "")}";
    }

    private static ScenarioTable Times(IGrouping<DatapathMode, WorkingSet.FlowCost>[] modes) => new(
        "Median ns/packet of known connections (min–max of the rounds)",
        ["connections", .. modes.Select(m => m.Key.ToString())],
        [.. modes[0].Select(c => c.Flows).Select(flows => (IReadOnlyList<string>)[Words.Count(flows), .. modes.Select(m => Cell(m.First(c => c.Flows == flows).Time))])]);

    private static string Cell(ScenarioTime time) => $"{Words.Ns(time.Median)} ({Words.Ns(time.Min)}–{Words.Ns(time.Max)})";

    private static ScenarioTable Outgrown(IGrouping<DatapathMode, WorkingSet.FlowCost>[] modes, IReadOnlyList<CacheSize> caches) => new(
        "Connections at which the state outgrows a cache",
        ["mode", "bytes a connection", .. caches.Select(c => $"L{c.Level}, {Words.Count(c.Bytes >> 10)} KiB")],
        [.. modes.Select(m => (IReadOnlyList<string>)[m.Key.ToString(), Words.Count(BytesAFlow(m)), .. caches.Select(c => Words.About(FlowsIn(c.Bytes, m)))])]);

    private static ScenarioChart Chart(IGrouping<DatapathMode, WorkingSet.FlowCost>[] modes, IReadOnlyList<CacheSize> caches) => new(
        "A packet of a known connection, by the connections there are",
        "connections",
        "ns/packet",
        LogX: true,
        LogY: true,
        [.. modes.Select(m => new ScenarioSeries(m.Key.ToString(), [.. m.Select(c => new ScenarioPoint(c.Flows, c.Time.Median))]))],
        [.. caches.Select(c => new ScenarioMark(FlowsIn(c.Bytes, modes[0]), $"L{c.Level} full{(IsLast(c) ? ", then memory" : "")} ({modes[0].Key})"))]);
}
