using System.Globalization;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Rendering;

namespace DatapathKernels.Report.Comparison;

/// <summary>A comparison as text for a terminal: what is compared, a table a suite, what only one run has, and the count.</summary>
public static class ComparisonWriter
{
    private static readonly string[] Header = ["", "A", "B", "B/A", ""];

    /// <summary>Compares two result folders and writes what differs.</summary>
    /// <exception cref="RecordFormatException">A folder has no sound records; nothing is written.</exception>
    public static void Write(string first, string second, TextWriter output) => Write(RunComparison.Of(first, second), output);

    internal static void Write(RunComparison comparison, TextWriter output)
    {
        WriteRun("A", comparison.First, output);
        WriteRun("B", comparison.Second, output);
        if (!comparison.OneMachine)
            output.WriteLine($"warning: A was measured on {Machines(comparison.First)} and B on {Machines(comparison.Second)}: B/A compares machines as well as code; expected runs of one machine");
        foreach ((string name, string left, string right) in comparison.DifferentFacts())
            output.WriteLine($"different {name}: A {Said(left)}, B {Said(right)}");
        foreach (IGrouping<(string Suite, string Unit), CaseComparison> suite in comparison.Cases.GroupBy(c => (c.First.Suite, c.First.Unit)))
            WriteSuite(suite.Key.Suite, suite.Key.Unit, [.. suite], output);
        WriteRest("A", comparison.OnlyFirst, output);
        WriteRest("B", comparison.OnlySecond, output);
        WriteCount(comparison, output);
    }

    private static void WriteRun(string letter, ComparedRun run, TextWriter output) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{letter}: {run.Folder}: {run.Any.Utc:yyyy-MM-dd HH:mm} UTC, commit {Numbers.Commit(run.Any.Commit)}, {run.Environment["profile"] ?? "profile unknown"}, {run.Records.Count} cases"));

    private static string Machines(ComparedRun run) => string.Join(" and ", run.Records.Select(r => r.Machine).Distinct());

    private static string Said(string value) => value.Length > 0 ? value : "does not say";

    private static void WriteSuite(string suite, string unit, IReadOnlyList<CaseComparison> cases, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{suite}, median {unit}");
        string[][] rows = [Header, .. cases.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(r => r[column].Length))];
        foreach (string[] row in rows)
            output.WriteLine($"  {row[0].PadRight(widths[0])}  {row[1].PadLeft(widths[1])}  {row[2].PadLeft(widths[2])}  {row[3].PadLeft(widths[3])}  {row[4]}".TrimEnd());
    }

    private static string[] Row(CaseComparison compared) =>
    [
        $"{compared.First.Benchmark} {compared.First.Parameters}".TrimEnd(),
        Numbers.Time(compared.First.Median),
        Numbers.Time(compared.Second.Median),
        double.IsNaN(compared.Ratio) || compared.Verdict == Verdict.OtherUnit ? "" : compared.Ratio.ToString("0.00", CultureInfo.InvariantCulture),
        Judgement(compared),
    ];

    private static string Judgement(CaseComparison compared)
    {
        string why = compared.P is { } p ? $"p {Probability(p)}" : compared.Overlap ? "spreads overlap" : "spreads apart";
        return compared.Verdict switch
        {
            Verdict.Faster => $"faster ({why})",
            Verdict.Slower => $"slower ({why})",
            Verdict.OtherUnit => $"not comparable: B counts {compared.Second.Unit}",
            _ => $"no difference shown ({why})",
        };
    }

    private static string Probability(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.####", CultureInfo.InvariantCulture);

    private static void WriteRest(string letter, IReadOnlyList<BenchmarkRecord> records, TextWriter output)
    {
        if (records.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine($"only in {letter}:");
        foreach (BenchmarkRecord record in records)
            output.WriteLine($"  {record.Suite}.{record.Benchmark} {record.Parameters}".TrimEnd());
    }

    private static void WriteCount(RunComparison comparison, TextWriter output)
    {
        int Of(Verdict verdict) => comparison.Cases.Count(c => c.Verdict == verdict);
        output.WriteLine();
        output.WriteLine($"{comparison.Cases.Count} cases in both: B is faster in {Of(Verdict.Faster)}, slower in {Of(Verdict.Slower)}; {Of(Verdict.Same)} show no difference, {Of(Verdict.OtherUnit)} are not comparable. Only in A: {comparison.OnlyFirst.Count}, only in B: {comparison.OnlySecond.Count}.");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"p: Mann-Whitney over all iterations, corrected for the number of cases (Holm); below {CaseComparison.Level} is a difference. Without recorded iterations: fastest to slowest must not overlap."));
    }
}
