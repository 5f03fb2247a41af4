namespace DatapathKernels.Report.Analysis;

/// <summary>What a suite that holds O(N) against O(1) found: the numbers of the headline.</summary>
internal sealed record LookupAnswer
{
    /// <summary>The size to quote: what the world talks about, when it was measured.</summary>
    private const double QuotedSize = 5000;

    /// <summary>The curve that grows.</summary>
    public required Series Linear { get; init; }

    /// <summary>The curve that does not.</summary>
    public required Series Flat { get; init; }

    /// <summary>Both at the size to quote.</summary>
    public required (SeriesPoint Linear, SeriesPoint Flat) Quoted { get; init; }

    /// <summary>Where the first becomes dearer for good.</summary>
    public required Crossover Crossover { get; init; }

    /// <summary>Nanoseconds for one more of the parameter on the growing curve; null with a single size.</summary>
    public required double? Slope { get; init; }

    /// <summary>Null when the suite does not compare the two, or they share no size.</summary>
    public static LookupAnswer? Of(SuiteView suite)
    {
        SuitePanel panel = suite.Panels[0];
        string? flatName = suite.Text.Flat.FirstOrDefault(panel.Benchmarks.Contains);
        if (suite.Text.Linear is not { } linearName || flatName is null || !panel.Benchmarks.Contains(linearName))
            return null;
        Series linear = panel.SeriesOf(linearName), flat = panel.SeriesOf(flatName);
        List<double> shared = [.. linear.Points.Select(p => p.X).Intersect(flat.Points.Select(p => p.X))];
        if (shared.Count == 0)
            return null;
        double size = shared.Contains(QuotedSize) ? QuotedSize : shared[^1];
        return new LookupAnswer
        {
            Linear = linear,
            Flat = flat,
            Quoted = (linear.Points.First(p => p.X == size), flat.Points.First(p => p.X == size)),
            Crossover = Crossover.Find(linear, flat),
            Slope = LinearFit.Of(linear.Points)?.Slope,
        };
    }
}
