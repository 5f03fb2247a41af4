using System.Diagnostics;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>
/// Times a loop inside a scenario: warmed up until its rounds agree, then the median of an odd number of rounds, each the middle of as
/// many batches as fill its milliseconds.
/// </summary>
/// <param name="full">More and longer rounds.</param>
internal sealed class ScenarioTimer(bool full)
{
    /// <summary>Rounds are alike when three after another are within this share of the three before.</summary>
    private const double Alike = 0.05;

    private const int Compared = 3;

    private readonly List<long> _batches = [];
    private readonly int _mostWarmups = full ? 20 : 8;
    private readonly int _leastBatches = full ? 3 : 1;

    /// <summary>Measured rounds: never fewer than nine.</summary>
    public int Rounds { get; } = full ? 15 : 9;

    /// <summary>The least milliseconds of a round.</summary>
    public double RoundMs { get; } = full ? 10 : 0.5;

    /// <summary>Measures a batch.</summary>
    /// <param name="batch">Prepares as it likes, and returns the <see cref="Stopwatch"/> ticks of the part that counts.</param>
    /// <param name="packets">Packets in a batch.</param>
    public ScenarioTime Measure(Func<long> batch, int packets)
    {
        WarmUp(batch, packets);
        double[] rounds = new double[Rounds];
        for (int i = 0; i < rounds.Length; i++)
            rounds[i] = Round(batch, packets);
        return ScenarioTime.Of(rounds);
    }

    private void WarmUp(Func<long> batch, int packets)
    {
        List<double> rounds = [];
        do
        {
            rounds.Add(Round(batch, packets));
        }
        while (rounds.Count < _mostWarmups && !AreAlike(rounds));
    }

    /// <summary>Whether the last rounds are like those before them.</summary>
    internal static bool AreAlike(IReadOnlyList<double> rounds)
    {
        if (rounds.Count < 2 * Compared)
            return false;
        double before = ScenarioTime.Of(rounds.Skip(rounds.Count - (2 * Compared)).Take(Compared)).Median;
        double after = ScenarioTime.Of(rounds.Skip(rounds.Count - Compared)).Median;
        return Math.Abs(after - before) <= Alike * before;
    }

    // The middle batch stands for its round: another program that takes the processor for a while spoils one batch, not the round.
    private double Round(Func<long> batch, int packets)
    {
        _batches.Clear();
        long ticks = 0, enough = (long)(RoundMs * Stopwatch.Frequency / 1000);
        while (ticks < enough || _batches.Count < _leastBatches)
        {
            long took = batch();
            ticks += took;
            _batches.Add(took);
        }

        _batches.Sort();
        return _batches[_batches.Count / 2] * 1e9 / Stopwatch.Frequency / packets;
    }
}
