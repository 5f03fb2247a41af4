using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Rendering;

namespace DatapathKernels.Report.Charts;

/// <summary>Curves over a parameter, each named at its end; spreads as vertical strokes, the crossover as a drop line.</summary>
internal sealed record LineChart
{
    private const double LineHeight = 16;

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What it says.</summary>
    public required string Description { get; init; }

    /// <summary>Under the horizontal axis.</summary>
    public required string AxisTitle { get; init; }

    /// <summary>What the times count.</summary>
    public required string Unit { get; init; }

    /// <summary>Each with a point at least.</summary>
    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>Where to mark a crossover.</summary>
    public Crossover Crossover { get; init; }

    /// <summary>Log axes even for small ranges.</summary>
    public bool ForceLog { get; init; }

    /// <summary>Whether each axis is logarithmic, where its values allow it; null leaves that to the values.</summary>
    public (bool X, bool Y)? LogAxes { get; init; }

    /// <summary>What stands behind the value at a curve's end; empty for nothing.</summary>
    public string EndUnit { get; init; } = " ns";

    /// <summary>Round numbers under the horizontal axis instead of the measured ones, and no marks: for curves of very many points.</summary>
    public bool RoundTicks { get; init; }

    /// <summary>Places on the horizontal axis to mark with a line and a label; those the curves do not reach are left out.</summary>
    public IReadOnlyList<(double X, string Label)> Marks { get; init; } = [];

    /// <summary>Draws it.</summary>
    public string Draw(ChartSize size, string id, bool standalone = false)
    {
        SvgWriter svg = new(size, id, Title, Description, standalone);
        double[] xs = [.. Series.SelectMany(s => s.Points).Select(p => p.X).Distinct().Order()];
        double[] ys = [.. Series.SelectMany(s => s.Points).SelectMany(p => new[] { p.Min, p.Median, p.Max })];
        bool logX = xs[0] > 0 && (LogAxes?.X ?? (ForceLog || ChartAxis.WantsLog(xs))), logY = ys.Min() > 0 && (LogAxes?.Y ?? (ForceLog || ChartAxis.WantsLog(ys)));
        ChartAxis y = ChartAxis.Up(ys, logY, size.PlotBottom, size.Top);
        size = size.WithRoomFor(y.Ticks().Max(tick => Numbers.Count(tick).Length));
        ChartAxis x = ChartAxis.Across(xs, logX, size.Left, size.PlotRight);
        DrawScale(svg, size, y);
        DrawParameter(svg, size, x, RoundTicks ? [.. x.Ticks().Where(t => t >= x.From && t <= x.To)] : xs);
        DrawMarks(svg, size, x);
        DrawCrossover(svg, size, x, y);
        for (int i = 0; i < Series.Count; i++)
            DrawCurve(svg, i, x, y);
        DrawLabels(svg, size, x, y);
        return svg.Finish();
    }

    private void DrawScale(SvgWriter svg, ChartSize size, ChartAxis y)
    {
        svg.Text("muted", "start", 8, 22, Unit + (y.Log ? ", log scale" : ""));
        foreach (double tick in y.Ticks())
        {
            svg.Line("grid", size.Left, y.Map(tick), size.PlotRight, y.Map(tick));
            svg.Text("muted", "end", size.Left - ChartSize.TickGap, y.Map(tick) + 4.5, Numbers.Count(tick));
        }
    }

    // The measured values are the ticks, from the largest down; a label that would touch its neighbour is left out.
    private void DrawParameter(SvgWriter svg, ChartSize size, ChartAxis x, double[] measured)
    {
        svg.Line("axis", size.Left, size.PlotBottom, size.PlotRight, size.PlotBottom);
        double free = double.PositiveInfinity;
        for (int i = measured.Length - 1; i >= 0; i--)
        {
            string label = Numbers.Count(measured[i]);
            double at = x.Map(measured[i]), half = label.Length * ChartSize.CharacterWidth / 2;
            svg.Line("axis", at, size.PlotBottom, at, size.PlotBottom + 5);
            if (at + half > free)
                continue;
            svg.Text("muted", "middle", at, size.PlotBottom + 20, label);
            free = at - half - 8;
        }

        svg.Text("muted", "middle", (size.Left + size.PlotRight) / 2.0, size.Height - 12, AxisTitle + (x.Log ? ", log scale" : ""));
    }

    // One label a line of text from the top down, so that neighbours do not run into one another.
    private void DrawMarks(SvgWriter svg, ChartSize size, ChartAxis x)
    {
        double top = size.Top + LineHeight;
        foreach ((double place, string label) in Marks.Where(m => m.X >= x.From && m.X <= x.To))
        {
            bool fits = x.Map(place) + 6 + (label.Length * ChartSize.CharacterWidth) < size.PlotRight;
            svg.Line("lead", x.Map(place), size.Top, x.Map(place), size.PlotBottom);
            svg.Text("muted", fits ? "start" : "end", x.Map(place) + (fits ? 6 : -6), top, label);
            top += LineHeight;
        }
    }

    private void DrawCurve(SvgWriter svg, int index, ChartAxis x, ChartAxis y)
    {
        IReadOnlyList<SeriesPoint> points = Series[index].Points;
        int colour = index % ChartStyle.Colours;
        foreach (SeriesPoint point in points.Where(p => p.Max > p.Min || !RoundTicks))
            svg.Line($"spread l{colour}", x.Map(point.X), y.Map(point.Min), x.Map(point.X), y.Map(point.Max));
        svg.Path($"curve l{colour}", points.Select(p => (x.Map(p.X), y.Map(p.Median))));
        foreach (SeriesPoint point in RoundTicks ? [] : points)
            svg.Mark(index, x.Map(point.X), y.Map(point.Median));
    }

    // Below and right of the crossing both curves have left: the label stands there, or on the other side near the edge.
    private void DrawCrossover(SvgWriter svg, ChartSize size, ChartAxis x, ChartAxis y)
    {
        if (Crossover.Kind != CrossoverKind.Crosses)
            return;
        double at = x.Map(Crossover.X);
        string text = $"crossover at about {Numbers.About(Crossover.X)}";
        bool fits = at + 8 + (text.Length * ChartSize.CharacterWidth) < size.PlotRight;
        svg.Line("cross", at, y.Map(Crossover.Y), at, size.PlotBottom);
        svg.Circle("ring", at, y.Map(Crossover.Y), 8);
        svg.Text("strong", fits ? "start" : "end", at + (fits ? 8 : -8), size.PlotBottom - 8, text);
    }

    private void DrawLabels(SvgWriter svg, ChartSize size, ChartAxis x, ChartAxis y)
    {
        IReadOnlyList<string>[] names = [.. Series.Select(s => LabelLayout.Wrap(s.Label, size.LabelCharacters))];
        double[] heights = [.. names.Select(n => ((n.Count + 1) * LineHeight) + 8)];
        double[] places = LabelLayout.Spread([.. Series.Select(s => y.Map(s.Points[^1].Median))], heights, size.Top - 20, size.PlotBottom + 10);
        for (int i = 0; i < Series.Count; i++)
        {
            SeriesPoint end = Series[i].Points[^1];
            double left = size.PlotRight + 16, baseline = places[i] - (heights[i] / 2) + LineHeight;
            svg.Line("lead", x.Map(end.X) + 6, y.Map(end.Median), left - 2, baseline - 4.5);
            svg.Mark(i, left + 4, baseline - 4.5);
            foreach (string line in names[i])
            {
                svg.Text("strong", "start", left + 14, baseline, line);
                baseline += LineHeight;
            }

            svg.Text("muted", "start", left + 14, baseline, $"{Numbers.Time(end.Median)}{EndUnit}");
        }
    }
}
