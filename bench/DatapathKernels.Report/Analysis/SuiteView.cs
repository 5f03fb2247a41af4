using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Analysis;

/// <summary>The records of one suite, arranged for tables and charts.</summary>
internal sealed class SuiteView
{
    private SuiteView(string name, string baseline, IReadOnlyList<SuitePanel> panels)
    {
        Name = name;
        Baseline = baseline;
        Panels = panels;
    }

    /// <summary>The benchmark class.</summary>
    public string Name { get; }

    /// <summary>What is said about it.</summary>
    public SuiteText Text => SuiteText.Of(Name);

    /// <summary>The benchmark the others are compared with.</summary>
    public string Baseline { get; }

    /// <summary>One for each combination of the parameters that are not drawn along.</summary>
    public IReadOnlyList<SuitePanel> Panels { get; }

    /// <summary>The panel to show where there is room for one.</summary>
    public SuitePanel Shown => Panels.FirstOrDefault(p => p.Fixed.ToString() == Text.Shown) ?? Panels[0];

    /// <summary>All suites, in the order of the report.</summary>
    public static IReadOnlyList<SuiteView> All(IEnumerable<BenchmarkRecord> records) =>
    [
        .. records.GroupBy(r => r.Suite).OrderBy(s => SuiteText.Rank(s.Key)).ThenBy(s => s.Key, StringComparer.Ordinal).Select(s => Of(s.Key, [.. s])),
    ];

    /// <summary>Its cases, panel by panel.</summary>
    public IEnumerable<BenchmarkRecord> Cases() =>
        Panels.SelectMany(p => p.Rows.SelectMany(row => p.Benchmarks.Select(b => p[row, b]).OfType<BenchmarkRecord>()));

    private static SuiteView Of(string name, List<BenchmarkRecord> records)
    {
        SuiteText text = SuiteText.Of(name);
        List<string> benchmarks = [.. records.Select(r => r.Benchmark).Distinct()];
        string baseline = text.Baseline is { } named && benchmarks.Contains(named) ? named : benchmarks[0];
        benchmarks = [baseline, .. benchmarks.Where(b => b != baseline)];
        string? parameter = text.Parameter is { } drawn && records.Exists(r => r.Parameters[drawn] is not null) ? drawn : Varying(records);
        var panels = records.GroupBy(r => parameter is null ? r.Parameters : r.Parameters.Without(parameter));
        return new SuiteView(name, baseline, [.. panels.Select(p => new SuitePanel(p.Key, parameter, benchmarks, p))]);
    }

    private static string? Varying(List<BenchmarkRecord> records) => records
        .SelectMany(r => r.Parameters)
        .Where(p => p.Value.Number is not null)
        .GroupBy(p => p.Key, p => p.Value)
        .FirstOrDefault(p => p.Distinct().Skip(1).Any())?.Key;
}
