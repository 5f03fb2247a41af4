using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Pressure;

/// <summary>What <see cref="ConntrackPressure"/> found, as findings, tables and a chart.</summary>
internal static class ConntrackPressureRecord
{
    /// <param name="name">The scenario's.</param>
    /// <param name="sizes">By rising size: what happened under every policy.</param>
    public static ScenarioRecord Of(string name, IReadOnlyList<(int Size, IReadOnlyList<FloodCost> Policies)> sizes) => new(
        name,
        "A flood into the connection table",
        "A SYN flood of four times the table's size: which established and which good new connections are lost, and what does a packet cost, by who has to go?",
        [.. sizes.SelectMany(s => s.Policies.Select(p => Finding(s.Size, p)))],
        [.. sizes.SelectMany(s => (ScenarioTable[])[Losses(s.Size, s.Policies), Costs(s.Size, s.Policies)])],
        [.. sizes.Select(s => Course(s.Size, s.Policies)), .. sizes.Count > 1 ? [Chart(sizes)] : (ScenarioChart[])[]]);

    private static string Finding(int size, FloodCost cost) =>
        $"{cost.Policy}, {Words.Count(size)} places: {Words.Count(cost.EstablishedLost)} of {Words.Count(cost.Established)} established connections lost, "
        + $"{Share(cost.GoodRefused, cost.Good)} of good new ones refused and {Share(cost.GoodLost, cost.Good)} forgotten; "
        + $"a SYN costs {Words.Ns(cost.RoomNs)} ns with room, {Words.Ns(cost.FullNs)} ns in the full table";

    private static ScenarioTable Losses(int size, IReadOnlyList<FloodCost> policies) => new(
        $"Who loses, {Words.Count(size)} places",
        ["policy", "established", "lost", "good new", "refused", "forgotten before established", "in the table at the end"],
        [
            .. policies.Select(p => (IReadOnlyList<string>)
            [
                p.Policy.ToString(), Words.Count(p.Established), Words.Count(p.EstablishedLost), Words.Count(p.Good), Words.Count(p.GoodRefused), Words.Count(p.GoodLost), Words.Count(p.Count),
            ]),
        ]);

    private static ScenarioTable Costs(int size, IReadOnlyList<FloodCost> policies) => new(
        $"Median ns/packet, {Words.Count(size)} places",
        ["policy", "SYN with room", "SYN as it fills", "SYN when full", "established before", "established when full"],
        [
            .. policies.Select(p => (IReadOnlyList<string>)
                [p.Policy.ToString(), Words.Ns(p.RoomNs), Words.Ns(p.FillingNs), Words.Ns(p.FullNs), Words.Ns(p.KnownBeforeNs), double.IsNaN(p.KnownFullNs) ? "none left" : Words.Ns(p.KnownFullNs)]),
        ]);

    private static ScenarioChart Course(int size, IReadOnlyList<FloodCost> policies) => new(
        $"A SYN of the flood as the table fills, {Words.Count(size)} places",
        "SYNs sent, in places of the table: with room, as it fills, full",
        "ns/packet",
        LogX: false,
        LogY: true,
        [.. policies.Select(p => new ScenarioSeries(p.Policy.ToString(), [.. Phases(p).Where(phase => double.IsFinite(phase.Y) && phase.Y > 0)])).Where(s => s.Points.Count > 0)]);

    // The middle of each phase: the table is full after as many SYNs as it has places, and the flood ends after four times as many.
    private static ScenarioPoint[] Phases(FloodCost cost) => [new(0.5, cost.RoomNs), new(1, cost.FillingNs), new(2.5, cost.FullNs)];

    private static ScenarioChart Chart(IReadOnlyList<(int Size, IReadOnlyList<FloodCost> Policies)> sizes) => new(
        "A SYN of the flood into the full table, by its size",
        "places in the table",
        "ns/packet",
        LogX: true,
        LogY: true,
        [.. sizes[0].Policies.Select((p, i) => new ScenarioSeries(p.Policy.ToString(), [.. sizes.Select(s => new ScenarioPoint(s.Size, s.Policies[i].FullNs))]))]);

    private static string Share(int part, int whole) => whole == 0 ? "none" : Words.Percent((double)part / whole);
}
