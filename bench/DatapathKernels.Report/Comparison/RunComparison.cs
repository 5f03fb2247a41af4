using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Comparison;

/// <summary>Two runs, case by case.</summary>
internal sealed record RunComparison
{
    // Every run has its own, or they are said elsewhere.
    private static readonly string[] OwnFacts = ["date", "command", "commit", "machine"];

    /// <summary>The run compared with.</summary>
    public required ComparedRun First { get; init; }

    /// <summary>The run compared.</summary>
    public required ComparedRun Second { get; init; }

    /// <summary>What both measured, in the order of a report.</summary>
    public required IReadOnlyList<CaseComparison> Cases { get; init; }

    /// <summary>What only the first measured.</summary>
    public required IReadOnlyList<BenchmarkRecord> OnlyFirst { get; init; }

    /// <summary>What only the second measured.</summary>
    public required IReadOnlyList<BenchmarkRecord> OnlySecond { get; init; }

    /// <summary>Whether all records of both runs name one machine.</summary>
    public bool OneMachine => First.Records.Concat(Second.Records).Select(r => r.Machine).Distinct().Count() == 1;

    /// <summary>Compares what the folders hold.</summary>
    /// <exception cref="RecordFormatException">A folder has no sound records.</exception>
    public static RunComparison Of(string first, string second) => Of(ComparedRun.Read(first), ComparedRun.Read(second));

    /// <summary>Compares two runs.</summary>
    public static RunComparison Of(ComparedRun first, ComparedRun second)
    {
        Dictionary<(string, string, RecordParameters), BenchmarkRecord> others = second.Records.ToDictionary(Case);
        (BenchmarkRecord First, BenchmarkRecord Second)[] both =
        [
            .. InOrder(first.Records).Where(r => others.ContainsKey(Case(r))).Select(r => (r, others[Case(r)])),
        ];
        double?[] corrected = Holm([.. both.Select(pair => pair.First.Unit == pair.Second.Unit ? PValue(pair.First, pair.Second) : null)]);
        HashSet<(string, string, RecordParameters)> shared = [.. both.Select(pair => Case(pair.First))];
        return new RunComparison
        {
            First = first,
            Second = second,
            Cases = [.. both.Select((pair, i) => new CaseComparison(pair.First, pair.Second, corrected[i]))],
            OnlyFirst = [.. InOrder(first.Records).Where(r => !shared.Contains(Case(r)))],
            OnlySecond = [.. InOrder(second.Records).Where(r => !shared.Contains(Case(r)))],
        };
    }

    /// <summary>The facts of the environments that differ: name and both values, empty where a run does not tell.</summary>
    public IEnumerable<(string Name, string First, string Second)> DifferentFacts() =>
        from name in First.Environment.Facts.Concat(Second.Environment.Facts).Select(f => f.Key).Distinct()
        where name.Length > 0 && !OwnFacts.Contains(name)
        let left = Values(First, name)
        let right = Values(Second, name)
        where left != right
        select (name, left, right);

    /// <summary>
    /// The p-values after Holm's correction: of a hundred cases without any difference one falls below 0.01 by chance, and
    /// would be reported. The least is multiplied by the number of tests, the next by one less, and none falls below the one before.
    /// </summary>
    internal static double?[] Holm(double?[] values)
    {
        double?[] corrected = [.. values];
        int[] tested = [.. Enumerable.Range(0, values.Length).Where(i => values[i] is not null).OrderBy(i => values[i])];
        double floor = 0;
        for (int rank = 0; rank < tested.Length; rank++)
        {
            floor = Math.Max(floor, Math.Min(1, values[tested[rank]]!.Value * (tested.Length - rank)));
            corrected[tested[rank]] = floor;
        }

        return corrected;
    }

    private static double? PValue(BenchmarkRecord first, BenchmarkRecord second) =>
        first.Iterations is { } left && second.Iterations is { } right ? MannWhitney.PValue(left, right) : null;

    private static (string, string, RecordParameters) Case(BenchmarkRecord record) => (record.Suite, record.Benchmark, record.Parameters);

    private static IEnumerable<BenchmarkRecord> InOrder(IEnumerable<BenchmarkRecord> records) =>
        records.OrderBy(r => SuiteText.Rank(r.Suite)).ThenBy(r => r.Suite, StringComparer.Ordinal);

    private static string Values(ComparedRun run, string name) =>
        string.Join("; ", run.Environment.Facts.Where(f => f.Key == name).Select(f => f.Value));
}
