using System.Globalization;
using DatapathKernels.Report.Records;
using Spectre.Console;

namespace DatapathKernels.Bench.Running;

/// <summary>The table a run ends with: one row for each combination of parameters, one column for each benchmark.</summary>
internal static class Headlines
{
    /// <summary>Prints one table a suite.</summary>
    public static void Print(IReadOnlyList<BenchmarkRecord> records, IAnsiConsole console)
    {
        foreach (IGrouping<(string Suite, string Unit), BenchmarkRecord> suite in records.GroupBy(r => (r.Suite, r.Unit)))
        {
            console.WriteLine();
            console.WriteLine($"{suite.Key.Suite}, median {suite.Key.Unit}");
            console.Write(TableOf([.. suite]));
        }
    }

    private static Table TableOf(BenchmarkRecord[] records)
    {
        string[] benchmarks = [.. records.Select(r => r.Benchmark).Distinct()];
        Table table = new Table().Border(TableBorder.Simple);
        table.AddColumn(Markup.Escape(string.Join(' ', records[0].Parameters.Select(p => p.Key))));
        foreach (string benchmark in benchmarks)
            table.AddColumn(new TableColumn(Markup.Escape(benchmark)).RightAligned());
        foreach (IGrouping<string, BenchmarkRecord> row in records.GroupBy(r => string.Join(' ', r.Parameters.Select(p => p.Value))))
            table.AddRow([Markup.Escape(row.Key), .. benchmarks.Select(b => row.FirstOrDefault(r => r.Benchmark == b) is { } r ? Number(r.Median) : "")]);
        return table;
    }

    private static string Number(double ns) => ns.ToString(ns < 100 ? "N2" : "N0", CultureInfo.InvariantCulture);
}
