using System.Runtime.InteropServices;

namespace DatapathKernels.Report.Scenarios;

/// <summary>One point of a curve, in the units of the chart's axes.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScenarioPoint(double X, double Y);
