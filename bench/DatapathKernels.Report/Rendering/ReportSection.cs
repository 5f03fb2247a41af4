namespace DatapathKernels.Report.Rendering;

/// <summary>One suite or scenario in the report.</summary>
/// <param name="Id">The anchor.</param>
/// <param name="Title">The heading.</param>
/// <param name="Question">What the suite asks; may be empty.</param>
/// <param name="Findings">What its numbers say.</param>
/// <param name="Charts">Each drawn by size and id.</param>
/// <param name="Tables">The numbers of each chart: one table, and another when percentiles were measured; there may be more than charts.</param>
/// <param name="ListFindings">Whether the findings are a list of lines instead of sentences that follow one another.</param>
internal sealed record ReportSection(
    string Id,
    string Title,
    string Question,
    IReadOnlyList<Prose> Findings,
    IReadOnlyList<ReportChart> Charts,
    IReadOnlyList<IReadOnlyList<ReportTable>> Tables,
    bool ListFindings = false);
