namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>Nanoseconds of one packet (or whatever a loop counts): the middle round, the fastest and the slowest.</summary>
internal readonly record struct ScenarioTime(double Median, double Min, double Max)
{
    /// <summary>Of the rounds of a measurement, at least one.</summary>
    public static ScenarioTime Of(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new ScenarioTime(median, sorted[0], sorted[^1]);
    }
}
