using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace DatapathKernels.Report.Records;

/// <summary>
/// <c>records.csv</c>: a header line and one row a case, the columns in the order of the JSON fields. The parameters stand
/// in one column as <see cref="ParameterText"/> writes them. The optional fields have a column only when a record has them;
/// iterations stand in one cell, <c>;</c> between.
/// </summary>
internal static class RecordCsv
{
    private static readonly string[] Columns =
    [
        "suite", "benchmark", "parameters", "unit", "median", "mean", "min", "max", "standardDeviation",
        "allocatedBytesPerOperation", "machine", "commit", "utc",
    ];

    private static readonly (string Name, Func<BenchmarkRecord, string> Text)[] Optional =
    [
        ("p50", r => Text(r.P50)), ("p99", r => Text(r.P99)), ("p999", r => Text(r.P999)), ("p9999", r => Text(r.P9999)),
        ("iterations", r => r.Iterations?.ToString() ?? ""),
    ];

    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\n",
        BadDataFound = bad => throw new RecordFormatException($"line {bad.Context.Parser?.RawRow}: a quote stands inside a field; expected it doubled"),
        InjectionOptions = InjectionOptions.None,
    };

    public static void Write(TextWriter output, IReadOnlyCollection<BenchmarkRecord> records)
    {
        using CsvWriter csv = new(output, Format, leaveOpen: true);
        (string Name, Func<BenchmarkRecord, string> Text)[] optional = [.. Optional.Where(o => records.Any(r => o.Text(r).Length > 0))];
        WriteRow(csv, [.. Columns, .. optional.Select(o => o.Name)]);
        foreach (BenchmarkRecord r in records)
        {
            WriteRow(csv,
            [
                r.Suite, r.Benchmark, ParameterText.Write(r.Parameters), r.Unit, Text(r.Median), Text(r.Mean), Text(r.Min), Text(r.Max),
                Text(r.StandardDeviation), Text(r.AllocatedBytesPerOperation), r.Machine, r.Commit, r.Utc.ToString("O", CultureInfo.InvariantCulture),
                .. optional.Select(o => o.Text(r)),
            ]);
        }
    }

    public static List<BenchmarkRecord> Read(TextReader input, string file)
    {
        using CsvReader csv = new(input, Format, leaveOpen: true);
        if (!csv.Read() || !csv.ReadHeader() || !IsHeader(csv.HeaderRecord!))
            throw new RecordFormatException($"{file}: line 1: wrong header; expected {string.Join(',', Columns)}, and after them any of {string.Join(',', Optional.Select(o => o.Name))}");
        List<BenchmarkRecord> records = [];
        while (csv.Read())
            records.Add(ReadRow(csv, file));
        return records;
    }

    private static bool IsHeader(string[] header) =>
        Columns.SequenceEqual(header.Take(Columns.Length)) && header.Skip(Columns.Length).SequenceEqual(Optional.Select(o => o.Name).Intersect(header));

    private static BenchmarkRecord ReadRow(CsvReader csv, string file)
    {
        string place = $"{file}: line {csv.Parser.RawRow}";
        if (csv.Parser.Count != csv.HeaderRecord!.Length)
            throw new RecordFormatException($"{place}: {csv.Parser.Count} columns; expected {csv.HeaderRecord.Length}");
        string Field(string name) => csv.GetField(name)!;
        double Number(string name) => double.TryParse(Field(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new RecordFormatException($"{place}: {name} is '{Field(name)}'; expected a number");
        bool Has(string name) => csv.HeaderRecord.Contains(name) && Field(name).Length > 0;
        double? Measured(string name) => Has(name) ? Number(name) : null;
        BenchmarkRecord record = new()
        {
            Suite = Field("suite"),
            Benchmark = Field("benchmark"),
            Parameters = ParameterText.Read(Field("parameters"), place),
            Unit = Field("unit"),
            Median = Number("median"),
            Mean = Number("mean"),
            Min = Number("min"),
            Max = Number("max"),
            StandardDeviation = Number("standardDeviation"),
            AllocatedBytesPerOperation = Number("allocatedBytesPerOperation"),
            Machine = Field("machine"),
            Commit = Field("commit"),
            Utc = DateTime.TryParse(Field("utc"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime utc)
                ? utc
                : throw new RecordFormatException($"{place}: utc is '{Field("utc")}'; expected a time such as 2026-01-31T12:00:00Z"),
            P50 = Measured("p50"),
            P99 = Measured("p99"),
            P999 = Measured("p999"),
            P9999 = Measured("p9999"),
            Iterations = Has("iterations") ? RecordIterations.Parse(Field("iterations"), place) : null,
        };
        return record.Problem() is { } problem ? throw new RecordFormatException($"{place}: {problem}") : record;
    }

    private static void WriteRow(CsvWriter csv, ReadOnlySpan<string> fields)
    {
        foreach (string field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }

    private static string Text(double? value) => value is { } measured ? Text(measured) : "";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
