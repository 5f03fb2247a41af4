using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;

namespace DatapathKernels.Report;

/// <summary>Reads and writes <c>records.json</c>, and writes the same as <c>records.csv</c>.</summary>
public static class RecordFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new ParameterValueConverter() },
    };

    /// <summary>Writes <c>records.json</c>.</summary>
    public static void Write(string path, IReadOnlyList<BenchmarkRecord> records) =>
        File.WriteAllText(path, JsonSerializer.Serialize(records, Options) + "\n");

    /// <summary>Reads <c>records.json</c>.</summary>
    /// <exception cref="JsonException">The file is not an array of records; the message names the place.</exception>
    public static IReadOnlyList<BenchmarkRecord> Read(string path) =>
        JsonSerializer.Deserialize<List<BenchmarkRecord>>(File.ReadAllText(path), Options) ?? [];

    /// <summary>Writes <c>records.csv</c>: one row a case, the parameters as <c>Name=value</c> in one column.</summary>
    public static void WriteCsv(string path, IReadOnlyList<BenchmarkRecord> records)
    {
        using CsvWriter csv = new(new StreamWriter(path) { NewLine = "\n" }, CultureInfo.InvariantCulture);
        foreach (string name in (string[])["suite", "benchmark", "parameters", "unit", "median", "mean", "min", "max", "standardDeviation", "allocatedBytesPerOperation", "machine", "commit", "utc"])
            csv.WriteField(name);
        csv.NextRecord();
        foreach (BenchmarkRecord record in records)
            WriteRow(csv, record);
    }

    private static void WriteRow(CsvWriter csv, BenchmarkRecord record)
    {
        csv.WriteField(record.Suite);
        csv.WriteField(record.Benchmark);
        csv.WriteField(string.Join(' ', record.Parameters.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}"))));
        csv.WriteField(record.Unit);
        foreach (double value in (double[])[record.Median, record.Mean, record.Min, record.Max, record.StandardDeviation, record.AllocatedBytesPerOperation])
            csv.WriteField(value);
        csv.WriteField(record.Machine);
        csv.WriteField(record.Commit);
        csv.WriteField(record.Utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        csv.NextRecord();
    }
}
