namespace DatapathKernels.Report.Rendering;

/// <summary>A table: the first column names the row, the others hold numbers.</summary>
internal sealed record ReportTable(string Caption, IReadOnlyList<Prose> Header, IReadOnlyList<IReadOnlyList<Prose>> Rows);
