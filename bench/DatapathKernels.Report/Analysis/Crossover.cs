namespace DatapathKernels.Report.Analysis;

/// <summary>Where one curve rises above another for good.</summary>
/// <param name="Kind">Whether it does.</param>
/// <param name="X">Where, when <paramref name="Kind"/> is <see cref="CrossoverKind.Crosses"/>.</param>
/// <param name="Y">How much both cost there.</param>
internal readonly record struct Crossover(CrossoverKind Kind, double X = double.NaN, double Y = double.NaN)
{
    /// <summary>
    /// Looks at the X both curves have. Between the last X where the first is not above and the next, both are taken as
    /// straight lines on log-log axes (powers of X, which is what a linear walk and a flat map are), and their meeting
    /// point is the crossover. Curves that cross several times cross at the last.
    /// </summary>
    public static Crossover Find(Series first, Series second)
    {
        Dictionary<double, double> other = second.Points.ToDictionary(p => p.X, p => p.Median);
        (double X, double A, double B)[] both = [.. first.Points.Where(p => other.ContainsKey(p.X)).Select(p => (p.X, p.Median, other[p.X]))];
        if (both.Length == 0)
            return new Crossover(CrossoverKind.NotComparable);
        int last = Array.FindLastIndex(both, p => p.A <= p.B);
        if (last < 0)
            return new Crossover(CrossoverKind.AlwaysAbove);
        return last == both.Length - 1 ? new Crossover(CrossoverKind.NeverAbove) : Between(both[last], both[last + 1]);
    }

    private static Crossover Between((double X, double A, double B) left, (double X, double A, double B) right)
    {
        // The gap log(A/B) is not above 0 on the left and above 0 on the right; where it is 0 by linear interpolation.
        double gapLeft = Math.Log(left.A / left.B), gapRight = Math.Log(right.A / right.B);
        double share = gapLeft / (gapLeft - gapRight);
        return new Crossover(CrossoverKind.Crosses, Geometric(left.X, right.X, share), Geometric(left.B, right.B, share));
    }

    private static double Geometric(double from, double to, double share) => from * Math.Pow(to / from, share);
}
