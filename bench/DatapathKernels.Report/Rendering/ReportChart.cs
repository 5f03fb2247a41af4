using DatapathKernels.Report.Charts;

namespace DatapathKernels.Report.Rendering;

/// <summary>A chart of either kind: what is written under it, and how it is drawn on a canvas.</summary>
/// <param name="Caption">Under the chart.</param>
/// <param name="Draw">The canvas and an id unique on the page, to SVG.</param>
internal sealed record ReportChart(Prose Caption, Func<ChartSize, string, string> Draw);
