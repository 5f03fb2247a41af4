namespace DatapathKernels.Report.Rendering;

/// <summary>One suite in the report.</summary>
/// <param name="Id">The anchor.</param>
/// <param name="Title">The heading.</param>
/// <param name="Question">What the suite asks; may be empty.</param>
/// <param name="Findings">What its numbers say.</param>
/// <param name="Charts">Each drawn by size and id.</param>
/// <param name="Tables">The numbers of each chart: one table, and another when percentiles were measured.</param>
internal sealed record ReportSection(
    string Id,
    string Title,
    string Question,
    IReadOnlyList<Prose> Findings,
    IReadOnlyList<ReportChart> Charts,
    IReadOnlyList<IReadOnlyList<ReportTable>> Tables);
