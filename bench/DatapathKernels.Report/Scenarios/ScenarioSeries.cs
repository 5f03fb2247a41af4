namespace DatapathKernels.Report.Scenarios;

/// <summary>One curve of a chart.</summary>
/// <param name="Name">What stands beside it.</param>
/// <param name="Points">At least one, by rising X.</param>
public sealed record ScenarioSeries(string Name, IReadOnlyList<ScenarioPoint> Points);
