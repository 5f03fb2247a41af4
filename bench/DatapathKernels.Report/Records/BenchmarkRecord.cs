using System.Text.Json.Serialization;

namespace DatapathKernels.Report.Records;

/// <summary>One measured case: an element of <c>records.json</c>, the contract that <c>results/METHODOLOGY.md</c> documents.</summary>
/// <remarks>Fields are only ever added. All times are nanoseconds per packet or lookup, as <see cref="Unit"/> says.</remarks>
public sealed record BenchmarkRecord
{
    /// <summary>The question: the benchmark class, for example <c>ServiceLookupBench</c>.</summary>
    public required string Suite { get; init; }

    /// <summary>Who answers it: the benchmark method, for example <c>IptablesLinear</c>.</summary>
    public required string Benchmark { get; init; }

    /// <summary>Name to value, for example <c>Services</c> to 5000.</summary>
    public required RecordParameters Parameters { get; init; }

    /// <summary>What the times count: <c>ns/packet</c>, <c>ns/lookup</c>, <c>ns/op</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>The number to quote: the middle of all iterations.</summary>
    public required double Median { get; init; }

    /// <summary>The arithmetic mean of all iterations, outliers included.</summary>
    public required double Mean { get; init; }

    /// <summary>The fastest iteration.</summary>
    public required double Min { get; init; }

    /// <summary>The slowest iteration.</summary>
    public required double Max { get; init; }

    /// <summary>The standard deviation over all iterations.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Managed bytes allocated per packet or lookup.</summary>
    public required double AllocatedBytesPerOperation { get; init; }

    /// <summary>The machine's name: the folder the results are filed under.</summary>
    public required string Machine { get; init; }

    /// <summary>The commit that was measured, <c>-dirty</c> after it when the tree differed.</summary>
    public required string Commit { get; init; }

    /// <summary>When the run started.</summary>
    public required DateTime Utc { get; init; }

    /// <summary>Half of the single operations took at most this; null where the suite measures no latencies. So are those that follow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P50 { get; init; }

    /// <summary>99 of 100 took at most this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P99 { get; init; }

    /// <summary>999 of 1,000 took at most this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P999 { get; init; }

    /// <summary>9,999 of 10,000 took at most this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P9999 { get; init; }

    /// <summary>Every iteration in the order measured; null in records from before they were kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordIterations? Iterations { get; init; }

    /// <summary>The percentiles that were measured, by name.</summary>
    internal IEnumerable<(string Name, double Value)> Percentiles()
    {
        (string Name, double? Value)[] all = [("p50", P50), ("p99", P99), ("p999", P999), ("p9999", P9999)];
        return all.Where(p => p.Value is not null).Select(p => (p.Name, p.Value!.Value));
    }

    /// <summary>Says what is wrong with the values, or null when the record is sound.</summary>
    internal string? Problem() =>
        EmptyName(("suite", Suite), ("benchmark", Benchmark), ("machine", Machine), ("commit", Commit))
        ?? BadNumber(
            ("median", Median), ("mean", Mean), ("min", Min), ("max", Max),
            ("standardDeviation", StandardDeviation), ("allocatedBytesPerOperation", AllocatedBytesPerOperation))
        ?? BadNumber([.. Percentiles()])
        ?? BadNumber([.. Iterations?.Select(t => ("an iteration", t)) ?? []])
        ?? (Percentiles().Zip(Percentiles().Skip(1)).All(p => p.First.Value <= p.Second.Value) ? null : "the percentiles fall; expected p50 <= p99 <= p999 <= p9999")
        ?? (Min <= Median && Median <= Max ? null : "median is not between min and max; expected min <= median <= max")
        ?? (Unit.StartsWith("ns/", StringComparison.Ordinal) ? null : $"unit is '{Unit}'; expected nanoseconds per something, such as ns/packet")
        ?? (Utc.Kind == DateTimeKind.Utc ? null : "utc carries no zone or another one; expected a time such as 2026-01-31T12:00:00Z");

    private static string? EmptyName(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        foreach ((string name, string value) in fields)
        {
            if (string.IsNullOrWhiteSpace(value))
                return $"{name} is empty; expected a name";
        }

        return null;
    }

    private static string? BadNumber(params ReadOnlySpan<(string Name, double Value)> fields)
    {
        foreach ((string name, double value) in fields)
        {
            if (!double.IsFinite(value) || value < 0)
                return FormattableString.Invariant($"{name} is {value}; expected a finite number, zero or more");
        }

        return null;
    }
}
