namespace DatapathKernels.Report;

/// <summary>One measured case: the contract of <c>records.json</c>. Fields are only ever added.</summary>
public sealed record BenchmarkRecord
{
    /// <summary>The question: a benchmark class, for example <c>ServiceLookupBench</c>.</summary>
    public required string Suite { get; init; }

    /// <summary>Who answers it, for example <c>IptablesLinear</c>.</summary>
    public required string Benchmark { get; init; }

    /// <summary>Name to value, in the order they were declared. A value is a <see cref="long"/>, a <see cref="double"/>, a <see cref="bool"/> or a <see cref="string"/>.</summary>
    public required IReadOnlyDictionary<string, object> Parameters { get; init; }

    /// <summary>What the times count, for example <c>ns/packet</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Median of all iterations of all launches, none thrown away.</summary>
    public required double Median { get; init; }

    /// <summary>Their mean.</summary>
    public required double Mean { get; init; }

    /// <summary>Their minimum.</summary>
    public required double Min { get; init; }

    /// <summary>Their maximum.</summary>
    public required double Max { get; init; }

    /// <summary>Their standard deviation.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Managed bytes allocated for a packet or lookup.</summary>
    public required double AllocatedBytesPerOperation { get; init; }

    /// <summary>The name of the machine's folder.</summary>
    public required string Machine { get; init; }

    /// <summary>The commit measured, with <c>-dirty</c> after it when the tree had changes.</summary>
    public required string Commit { get; init; }

    /// <summary>When the run started.</summary>
    public required DateTime Utc { get; init; }
}
