using DatapathKernels.Report.Charts;

namespace DatapathKernels.Report.Rendering;

/// <summary>A chart of either kind: what is written under it, and how it is drawn on a canvas.</summary>
/// <param name="Caption">Under the chart.</param>
/// <param name="Draw">The canvas, an id unique on the page, and whether the picture is a file of its own, to SVG.</param>
internal sealed record ReportChart(Prose Caption, Func<ChartSize, string, bool, string> Draw);
