namespace DatapathKernels.Report.Analysis;

/// <summary>The straight line closest to a curve by least squares: what one more unit of X costs.</summary>
internal readonly record struct LinearFit(double Slope, double Intercept)
{
    /// <summary>Fits the medians; null with fewer than two different X.</summary>
    public static LinearFit? Of(IReadOnlyList<SeriesPoint> points)
    {
        if (points.Count < 2)
            return null;
        double meanX = points.Average(p => p.X), meanY = points.Average(p => p.Median);
        double spread = points.Sum(p => (p.X - meanX) * (p.X - meanX));
        if (spread == 0)
            return null;
        double slope = points.Sum(p => (p.X - meanX) * (p.Median - meanY)) / spread;
        return new LinearFit(slope, meanY - (slope * meanX));
    }
}
