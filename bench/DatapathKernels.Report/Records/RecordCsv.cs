using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace DatapathKernels.Report.Records;

/// <summary>
/// <c>records.csv</c>: a header line and one row a case, the columns in the order of the JSON fields. The parameters stand
/// in one column as <see cref="ParameterText"/> writes them.
/// </summary>
internal static class RecordCsv
{
    private static readonly string[] Columns =
    [
        "suite", "benchmark", "parameters", "unit", "median", "mean", "min", "max", "standardDeviation",
        "allocatedBytesPerOperation", "machine", "commit", "utc",
    ];

    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\n",
        BadDataFound = bad => throw new RecordFormatException($"line {bad.Context.Parser?.RawRow}: a quote stands inside a field; expected it doubled"),
        InjectionOptions = InjectionOptions.None,
    };

    public static void Write(TextWriter output, IEnumerable<BenchmarkRecord> records)
    {
        using CsvWriter csv = new(output, Format, leaveOpen: true);
        WriteRow(csv, Columns);
        foreach (BenchmarkRecord r in records)
        {
            WriteRow(csv,
            [
                r.Suite, r.Benchmark, ParameterText.Write(r.Parameters), r.Unit, Text(r.Median), Text(r.Mean), Text(r.Min), Text(r.Max),
                Text(r.StandardDeviation), Text(r.AllocatedBytesPerOperation), r.Machine, r.Commit, r.Utc.ToString("O", CultureInfo.InvariantCulture),
            ]);
        }
    }

    public static List<BenchmarkRecord> Read(TextReader input, string file)
    {
        using CsvReader csv = new(input, Format, leaveOpen: true);
        if (!csv.Read() || !csv.ReadHeader() || !Columns.SequenceEqual(csv.HeaderRecord!))
            throw new RecordFormatException($"{file}: line 1: wrong header; expected {string.Join(',', Columns)}");
        List<BenchmarkRecord> records = [];
        while (csv.Read())
            records.Add(ReadRow(csv, file));
        return records;
    }

    private static BenchmarkRecord ReadRow(CsvReader csv, string file)
    {
        string place = $"{file}: line {csv.Parser.RawRow}";
        if (csv.Parser.Count != Columns.Length)
            throw new RecordFormatException($"{place}: {csv.Parser.Count} columns; expected {Columns.Length}");
        string Field(string name) => csv.GetField(name)!;
        double Number(string name) => double.TryParse(Field(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new RecordFormatException($"{place}: {name} is '{Field(name)}'; expected a number");
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
        };
        return record.Problem() is { } problem ? throw new RecordFormatException($"{place}: {problem}") : record;
    }

    private static void WriteRow(CsvWriter csv, ReadOnlySpan<string> fields)
    {
        foreach (string field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
