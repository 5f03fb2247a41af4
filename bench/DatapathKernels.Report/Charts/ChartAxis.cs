namespace DatapathKernels.Report.Charts;

/// <summary>Values to pixels, on a linear or a logarithmic scale.</summary>
/// <param name="Log">Logarithmic; then both ends are above zero.</param>
/// <param name="From">The value at <paramref name="PixelFrom"/>.</param>
/// <param name="To">The value at <paramref name="PixelTo"/>; greater than <paramref name="From"/>.</param>
internal sealed record ChartAxis(bool Log, double From, double To, double PixelFrom, double PixelTo)
{
    /// <summary>A range of more than this is easier to read on a logarithmic scale.</summary>
    private const double LogRange = 20;

    private static readonly double[] Rounds = [1, 2, 5, 10];

    /// <summary>Whether the values ask for a logarithmic scale.</summary>
    public static bool WantsLog(IReadOnlyCollection<double> values) => values.Min() > 0 && values.Max() / values.Min() > LogRange;

    /// <summary>The horizontal axis: the values fill it from edge to edge but for a margin.</summary>
    public static ChartAxis Across(IReadOnlyCollection<double> values, bool log, double pixelFrom, double pixelTo)
    {
        double low = values.Min(), high = values.Max();
        if (low == high)
            (low, high) = log ? (low / 2, high * 2) : (low - 1, high + 1);
        return log
            ? new ChartAxis(true, low / Math.Pow(high / low, 0.04), high * Math.Pow(high / low, 0.04), pixelFrom, pixelTo)
            : new ChartAxis(false, Math.Min(0, low), high + (0.04 * (high - low)), pixelFrom, pixelTo);
    }

    /// <summary>The vertical axis: from zero, or from a round number below the least, with room under it.</summary>
    public static ChartAxis Up(IReadOnlyCollection<double> values, bool log, double pixelFrom, double pixelTo)
    {
        double low = values.Min(), high = values.Max();
        return log
            ? new ChartAxis(true, Round(low / 2, up: false), Round(high * 1.1, up: true), pixelFrom, pixelTo)
            : new ChartAxis(false, 0, high > 0 ? high * 1.12 : 1, pixelFrom, pixelTo);
    }

    /// <summary>The pixel of a value.</summary>
    public double Map(double value) => PixelFrom + ((PixelTo - PixelFrom) * (Log
        ? Math.Log(value / From) / Math.Log(To / From)
        : (value - From) / (To - From)));

    /// <summary>Round values on the axis: powers of ten, or 1-2-5 steps when there are few of them.</summary>
    public IReadOnlyList<double> Ticks()
    {
        if (!Log)
            return Steps(Round((To - From) / 6, up: true));
        int first = (int)Math.Floor(Math.Log10(From)), last = (int)Math.Ceiling(Math.Log10(To));
        double[] steps = last - first > 3 ? [1] : [1, 2, 5];
        return
        [
            .. Enumerable.Range(first, last - first + 1).SelectMany(p => steps.Select(s => s * Math.Pow(10, p)))
                .Where(t => t >= From * (1 - 1e-9) && t <= To * (1 + 1e-9)),
        ];
    }

    /// <summary>The next 1, 2 or 5 times a power of ten.</summary>
    private static double Round(double value, bool up)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value) + 1e-9)), digits = value / power;
        return power * (up ? Rounds.First(r => r >= digits - 1e-9) : Rounds.Last(r => r <= digits + 1e-9));
    }

    private List<double> Steps(double step)
    {
        List<double> ticks = [];
        for (int i = (int)Math.Ceiling(From / step); i * step <= To; i++)
            ticks.Add(i * step);
        return ticks;
    }
}
