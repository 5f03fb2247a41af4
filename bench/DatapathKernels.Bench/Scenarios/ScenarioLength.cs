namespace DatapathKernels.Bench.Scenarios;

/// <summary>The seconds a scenario takes on two cores of a small virtual machine: what the time left is guessed from before any has run.</summary>
/// <param name="Quick">In a quick run.</param>
/// <param name="Full">In a full one.</param>
internal readonly record struct ScenarioLength(double Quick, double Full)
{
    /// <summary>Of a run's profile.</summary>
    public double Of(bool full) => full ? Full : Quick;
}
