using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Analysis;

/// <summary>The cases of a suite that differ only in the benchmark and in one parameter: one table, one chart.</summary>
internal sealed class SuitePanel
{
    private readonly Dictionary<(ParameterValue?, string), BenchmarkRecord> _cells = [];

    /// <param name="fixedParameters">What all its cases share.</param>
    /// <param name="parameter">The parameter that runs down the rows, or null.</param>
    /// <param name="benchmarks">The columns, the baseline first.</param>
    /// <param name="records">The cases.</param>
    public SuitePanel(RecordParameters fixedParameters, string? parameter, IReadOnlyList<string> benchmarks, IEnumerable<BenchmarkRecord> records)
    {
        Fixed = fixedParameters;
        Parameter = parameter;
        foreach (BenchmarkRecord record in records)
            _cells[(RowOf(record), record.Benchmark)] = record;
        Rows = [.. _cells.Keys.Select(k => k.Item1).Distinct().Order()];
        Benchmarks = [.. benchmarks.Where(b => _cells.Keys.Any(k => k.Item2 == b))];
    }

    public RecordParameters Fixed { get; }

    public string? Parameter { get; }

    /// <summary>The values of <see cref="Parameter"/>, rising; one null when there is no parameter.</summary>
    public IReadOnlyList<ParameterValue?> Rows { get; }

    /// <summary>The benchmarks measured here, the baseline first.</summary>
    public IReadOnlyList<string> Benchmarks { get; }

    /// <summary>The case, or null when it was not measured.</summary>
    public BenchmarkRecord? this[ParameterValue? row, string benchmark] => _cells.GetValueOrDefault((row, benchmark));

    /// <summary>The unit of the cases.</summary>
    public string Unit => _cells.Values.First().Unit;

    /// <summary>The curve of a benchmark over the rows that are numbers.</summary>
    public Series SeriesOf(string benchmark) => new(
        benchmark,
        SuiteText.LabelOf(benchmark),
        [
            .. Rows.Where(r => r?.Number is not null && this[r, benchmark] is not null)
                .Select(r => (X: r!.Value.Number!.Value, Case: this[r, benchmark]!))
                .Select(p => new SeriesPoint(p.X, p.Case.Median, p.Case.Min, p.Case.Max)),
        ]);

    private ParameterValue? RowOf(BenchmarkRecord record) => Parameter is null ? null : record.Parameters[Parameter];
}
