namespace DatapathKernels.Report.Scenarios;

/// <summary>Curves over one axis.</summary>
/// <param name="Title">What they show.</param>
/// <param name="XTitle">What the horizontal axis counts, with its unit.</param>
/// <param name="YTitle">What the vertical axis counts, with its unit.</param>
/// <param name="LogX">A logarithmic horizontal axis; linear all the same where a value is not above zero.</param>
/// <param name="LogY">A logarithmic vertical axis; linear all the same where a value is not above zero.</param>
/// <param name="Series">At least one.</param>
/// <param name="Marks">Places to mark on the horizontal axis; null for none.</param>
public sealed record ScenarioChart(
    string Title,
    string XTitle,
    string YTitle,
    bool LogX,
    bool LogY,
    IReadOnlyList<ScenarioSeries> Series,
    IReadOnlyList<ScenarioMark>? Marks = null);
