using MathNet.Numerics.Distributions;

namespace DatapathKernels.Report.Comparison;

/// <summary>
/// The Mann-Whitney U test: how likely two samples of one distribution would differ in rank as much as these do. It asks
/// nothing about the shape of the distribution, and benchmark times have none that is simple.
/// </summary>
internal static class MannWhitney
{
    /// <summary>Below this many numbers on a side the normal approximation says nothing.</summary>
    public const int Enough = 8;

    /// <summary>The two-sided p-value by the normal approximation, corrected for ties and for continuity.</summary>
    /// <returns>From 0 to 1; null when a side has fewer than <see cref="Enough"/>.</returns>
    public static double? PValue(IReadOnlyList<double> left, IReadOnlyList<double> right)
    {
        if (left.Count < Enough || right.Count < Enough)
            return null;
        (double rankSum, double ties) = Rank(left, right);
        double n = left.Count, m = right.Count, all = n + m;
        double u = rankSum - (n * (n + 1) / 2), mean = n * m / 2;
        double variance = n * m / 12 * (all + 1 - (ties / (all * (all - 1))));
        if (variance <= 0)
            return 1;
        double z = Math.Max(0, Math.Abs(u - mean) - 0.5) / Math.Sqrt(variance);
        return Math.Min(1, 2 * Normal.CDF(0, 1, -z));
    }

    /// <summary>The left's sum of ranks, equal numbers sharing the mean of theirs, and the sum of t³ - t over groups of t equals.</summary>
    private static (double RankSum, double Ties) Rank(IReadOnlyList<double> left, IReadOnlyList<double> right)
    {
        (double Value, bool IsLeft)[] sorted = [.. left.Select(v => (v, true)).Concat(right.Select(v => (v, false))).OrderBy(p => p.Item1)];
        double rankSum = 0, ties = 0;
        for (int from = 0, to; from < sorted.Length; from = to)
        {
            to = from + 1;
            while (to < sorted.Length && sorted[to].Value == sorted[from].Value)
                to++;
            double group = to - from, rank = (from + 1 + to) / 2.0;
            rankSum += rank * sorted[from..to].Count(p => p.IsLeft);
            ties += (group * group * group) - group;
        }

        return (rankSum, ties);
    }
}
