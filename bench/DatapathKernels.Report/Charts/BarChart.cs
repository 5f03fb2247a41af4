using DatapathKernels.Report.Rendering;

namespace DatapathKernels.Report.Charts;

/// <summary>One horizontal bar a case, its name above and its value at its end; the spread as a stroke across the end.</summary>
internal sealed record BarChart
{
    private const int RowHeight = 46, BarHeight = 16, Top = 34, Margin = 12, ValueWidth = 84;

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What it says.</summary>
    public required string Description { get; init; }

    /// <summary>What the times count.</summary>
    public required string Unit { get; init; }

    /// <summary>From top to bottom.</summary>
    public required IReadOnlyList<Bar> Bars { get; init; }

    /// <summary>Draws it; the height follows from the number of bars.</summary>
    public string Draw(ChartSize size, string id, bool standalone = false)
    {
        SvgWriter svg = new(size with { Height = Top + (Bars.Count * RowHeight) + 10 }, id, Title, Description, standalone);
        double longest = Math.Max(Bars.Max(b => b.Max), 1e-9);
        ChartAxis x = new(Log: false, 0, longest, Margin, size.Width - ValueWidth);
        svg.Text("muted", "start", Margin, 20, Unit);
        for (int i = 0; i < Bars.Count; i++)
        {
            Bar bar = Bars[i];
            double y = Top + (i * RowHeight), middle = y + 20 + (BarHeight / 2.0);
            svg.Text("strong", "start", Margin, y + 14, bar.Name);
            svg.Rectangle($"s{bar.Series % ChartStyle.Colours}", Margin, y + 20, Math.Max(1, x.Map(bar.Median) - Margin), BarHeight);
            svg.Line("whisker", x.Map(bar.Min), middle, x.Map(bar.Max), middle);
            svg.Text("", "start", x.Map(bar.Max) + 8, middle + 4.5, $"{Numbers.Time(bar.Median)} ns");
        }

        return svg.Finish();
    }
}
