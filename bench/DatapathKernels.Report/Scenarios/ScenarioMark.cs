namespace DatapathKernels.Report.Scenarios;

/// <summary>A place on the horizontal axis worth a line of its own; drawn where the curves reach it.</summary>
/// <param name="X">Where, in the axis's unit.</param>
/// <param name="Label">What is there, in a few words.</param>
public sealed record ScenarioMark(double X, string Label);
