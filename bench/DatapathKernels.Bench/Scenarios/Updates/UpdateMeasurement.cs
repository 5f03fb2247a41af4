using System.Diagnostics;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Bench.Scenarios.Measuring;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>One mode under changes: each phase lasts some milliseconds, in which SYNs of new connections are timed one by one.</summary>
internal sealed class UpdateMeasurement : IDisposable
{
    private const int Warmups = 1, Rounds = 9;

    private readonly IMeasuredNode _node;
    private readonly NodeUpdate _update;
    private readonly double _phaseMs;

    /// <summary>Takes the node, which it disposes.</summary>
    public UpdateMeasurement(IMeasuredNode node, double phaseMs) =>
        (_node, _update, _phaseMs) = (node, NodeUpdate.Of(node.Node.Cluster, node.Node), phaseMs);

    /// <summary>Everything, one after the other.</summary>
    public UpdateCost Run()
    {
        Packets("", 0.2 * _phaseMs);
        List<UpdatePhase> phases = [Packets("before", _phaseMs)];
        ScenarioTime reload = TimeOf(_update.Reload);
        phases.Add(Beside("during full reloads", _update.Reload));
        ScenarioTime? change = null;
        if (_update.IsIncremental)
        {
            change = TimeOf(_update.Change);
            phases.Add(_update.IsBesideReader ? Beside("during changes", _update.Change) : Between("during changes", _update.Change));
        }

        phases.Add(Packets("after", _phaseMs));
        return new UpdateCost(_node.Node.Options.Mode, reload, change, _update.IsBesideReader, phases);
    }

    /// <inheritdoc/>
    public void Dispose() => _node.Dispose();

    private static ScenarioTime TimeOf(Action action)
    {
        double[] rounds = new double[Warmups + Rounds];
        for (int i = 0; i < rounds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            rounds[i] = Nanoseconds.Since(start);
        }

        return ScenarioTime.Of(rounds.Skip(Warmups));
    }

    private UpdatePhase Packets(string name, double ms, Action? between = null)
    {
        LatencyHistogram latency = new();
        long start = Stopwatch.GetTimestamp();
        try
        {
            do
            {
                _node.FirstOneByOne(latency, between);
            }
            while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < ms);
        }
        catch (InvalidOperationException wrong)
        {
            throw new InvalidOperationException($"{_node.Node.Options.Mode} {(name.Length > 0 ? name : "at first")}: {wrong.Message}", wrong);
        }

        return new UpdatePhase(name, LatencySummary.Of(latency, 1), latency.Count, 0);
    }

    private UpdatePhase Between(string name, Action change)
    {
        long changes = 0;
        return Packets(name, _phaseMs, () =>
        {
            change();
            changes++;
        }) with { Updates = changes };
    }

    private UpdatePhase Beside(string name, Action change)
    {
        using Repetition repetition = new(change);
        UpdatePhase phase = Packets(name, _phaseMs);
        return phase with { Updates = repetition.Stop() };
    }
}
