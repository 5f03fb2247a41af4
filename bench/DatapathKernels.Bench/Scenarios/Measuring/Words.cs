using System.Globalization;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>Numbers as scenarios write them into findings and cells.</summary>
internal static class Words
{
    /// <summary>Nanoseconds with three digits: <c>4.41</c>, <c>44.1</c>, <c>16,010</c>.</summary>
    public static string Ns(double ns) => ns.ToString(ns < 9.995 ? "0.00" : ns < 99.95 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    /// <summary>A whole number: <c>30,000</c>.</summary>
    public static string Count(double count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A rounded number of two digits, for what was interpolated: <c>37</c>, <c>1,200</c>.</summary>
    public static string About(double value)
    {
        if (!(value > 0) || !double.IsFinite(value))
            return Count(value);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        return (Math.Round(value / unit) * unit).ToString(value < 10 ? "0.#" : "#,0", CultureInfo.InvariantCulture);
    }

    /// <summary>A share in percent: <c>4.2%</c>, <c>37%</c>.</summary>
    public static string Percent(double share) => (100 * share).ToString(share is < 0.1 and > -0.1 ? "0.##" : "0.#", CultureInfo.InvariantCulture) + "%";

    /// <summary>A ratio: <c>1.4</c>, <c>37</c>.</summary>
    public static string Times(double ratio) => ratio < 9.95 ? ratio.ToString("0.0", CultureInfo.InvariantCulture) : About(ratio);
}
