using System.Globalization;
using System.Text;

namespace DatapathKernels.Bench.Latency;

/// <summary>
/// A histogram on its way from the process that measures a case to the one that writes records: one line of output,
/// <c>latency-histogram 0.03125 96:12 97:40</c>, the scale and then bucket and count. The lines of several processes add
/// up to one histogram.
/// </summary>
/// <remarks>
/// A suite clears its histogram when warmed up, records in the measured method, and calls <see cref="Write"/> in
/// <c>[GlobalCleanup]</c>.
/// </remarks>
public static class LatencyLines
{
    private const string Mark = "latency-histogram ";

    /// <summary>Writes the line; nothing when nothing was recorded.</summary>
    /// <param name="output">The process's standard output.</param>
    /// <param name="histogram">What was measured.</param>
    /// <param name="scale">What one unit of the histogram is in the record's unit: 1.0 / 32 for bursts of 32 packets timed in nanoseconds.</param>
    public static void Write(TextWriter output, LatencyHistogram histogram, double scale)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(histogram);
        if (histogram.Count == 0)
            return;
        StringBuilder line = new(Mark);
        line.Append(CultureInfo.InvariantCulture, $"{scale:R}");
        for (int bucket = 0; bucket < histogram.Buckets; bucket++)
        {
            if (histogram.CountIn(bucket) is > 0 and var count)
                line.Append(CultureInfo.InvariantCulture, $" {bucket}:{count}");
        }

        output.WriteLine(line.ToString());
    }

    /// <summary>The percentiles of all such lines together; null when there is none.</summary>
    /// <exception cref="FormatException">A line that begins as one does not go on as one.</exception>
    internal static LatencySummary? Read(IEnumerable<string> lines)
    {
        LatencyHistogram all = new();
        double scale = 1;
        foreach (string line in lines.Where(l => l.StartsWith(Mark, StringComparison.Ordinal)))
        {
            string[] words = line[Mark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            scale = double.Parse(words[0], CultureInfo.InvariantCulture);
            foreach (string word in words.AsSpan(1))
                ReadBucket(word, all);
        }

        return all.Count > 0 ? LatencySummary.Of(all, scale) : null;
    }

    private static void ReadBucket(string word, LatencyHistogram all)
    {
        if (word.Split(':') is not [var bucket, var count])
            throw new FormatException($"{Mark.Trim()}: '{word}'; expected BUCKET:COUNT");
        all.Record((long)LatencyHistogram.Middle(int.Parse(bucket, CultureInfo.InvariantCulture)), long.Parse(count, CultureInfo.InvariantCulture));
    }
}
