using System.Globalization;

namespace DatapathKernels.Report.Rendering;

/// <summary>Numbers as the reports write them: three significant digits, thousands separated.</summary>
internal static class Numbers
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>A time: <c>0.26</c>, <c>4.41</c>, <c>44.1</c>, <c>16,010</c>.</summary>
    public static string Time(double value) => value switch
    {
        < 9.995 => value.ToString("0.00", Culture),
        < 99.95 => value.ToString("0.0", Culture),
        _ => value.ToString("#,0", Culture),
    };

    /// <summary>A count or another parameter: <c>30,000</c>, <c>0.9</c>.</summary>
    public static string Count(double value) => value.ToString(value == Math.Floor(value) ? "#,0" : "#,0.###", Culture);

    /// <summary>A rounded, interpolated count: two significant digits, <c>37</c>, <c>1,200</c>.</summary>
    public static string About(double value)
    {
        if (value <= 0 || !double.IsFinite(value))
            return Count(value);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        return Count(Math.Round(Math.Round(value / unit) * unit, 6));
    }

    /// <summary>A ratio of at least one: <c>1.4</c>, <c>37</c>, <c>3,600</c>.</summary>
    public static string Times(double ratio) => ratio < 9.95 ? ratio.ToString("0.0", Culture) : About(ratio);

    /// <summary>A commit by its first twelve digits, and whether the tree differed.</summary>
    public static string Commit(string commit) =>
        commit.Length > 12 ? commit[..12] + (commit.EndsWith("-dirty", StringComparison.Ordinal) ? "-dirty" : "") : commit;
}
