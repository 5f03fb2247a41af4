using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>How many flows change their backend when one leaves or joins and nobody remembers connections.</summary>
internal sealed class DisruptionScenario : IScenario
{
    private const int QuickFlows = 20_000, FullFlows = 200_000;

    private static readonly int[] s_quick = [5, 10, 20, 50, 100], s_full = [5, 10, 20, 50, 100, 250, 500, 1000];

    /// <inheritdoc/>
    public string Name => "Disruption";

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 0.4, Full: 4);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        int[] sizes = context.Full ? s_full : s_quick;
        IFlowBalancer[] balancers = [.. TableBalancer.All(), .. IpvsBalancer.All(context.Full ? FullFlows : QuickFlows, context.Seed)];
        Dictionary<(string Balancer, int Backends), (FlowMoves Leave, FlowMoves Join)> moves = [];
        foreach (IFlowBalancer balancer in balancers)
        {
            foreach (int backends in sizes)
                moves.Add((balancer.Name, backends), (DisruptionModel.Leave(balancer, backends), DisruptionModel.Join(balancer, backends)));
        }

        string[] names = [.. balancers.Select(balancer => balancer.Name)];
        return new ScenarioRecord(
            Name,
            "A backend comes or goes",
            "When a backend leaves or joins, which share of the flows goes to another backend, beyond those that have to?",
            [.. names.Select(name => Finding(name, sizes[^1], moves))],
            [Table("leaves", names, sizes, moves, both => both.Leave), Table("joins", names, sizes, moves, both => both.Join)],
            [
                new ScenarioChart("Flows moved without need when a backend leaves", "backends before", "percent of all flows", LogX: true, LogY: false,
                    [.. names.Select(name => new ScenarioSeries(name, [.. sizes.Select(size => new ScenarioPoint(size, 100 * moves[(name, size)].Leave.Needless))]))]),
            ]);
    }

    private static string Finding(string name, int size, Dictionary<(string Balancer, int Backends), (FlowMoves Leave, FlowMoves Join)> moves)
    {
        (FlowMoves leave, FlowMoves join) = moves[(name, size)];
        return $"{name}: one of {Words.Count(size)} backends leaves: {Words.Percent(leave.Needed)} of the flows have to move, {Words.Percent(leave.Needless)} move besides; one joins: {Words.Percent(join.Needless)} besides";
    }

    private static ScenarioTable Table(
        string what, string[] names, int[] sizes, Dictionary<(string Balancer, int Backends), (FlowMoves Leave, FlowMoves Join)> moves, Func<(FlowMoves Leave, FlowMoves Join), FlowMoves> of) => new(
        $"One backend {what}: flows that have to move · that move besides",
        ["balancer", .. sizes.Select(size => $"{Words.Count(size)} backends")],
        [.. names.Select(name => (IReadOnlyList<string>)[name, .. sizes.Select(size => $"{Words.Percent(of(moves[(name, size)]).Needed)} · {Words.Percent(of(moves[(name, size)]).Needless)}")])]);
}
