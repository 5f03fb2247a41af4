namespace DatapathKernels.Report.Scenarios;

/// <summary>A table of texts.</summary>
/// <param name="Title">What it shows, with the unit of its numbers.</param>
/// <param name="Columns">The header; the first column names the row.</param>
/// <param name="Rows">Each with a cell a column.</param>
public sealed record ScenarioTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
