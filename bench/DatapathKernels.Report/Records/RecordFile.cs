using System.Text.Json;

namespace DatapathKernels.Report.Records;

/// <summary>The two files of a result folder that hold its measurements: <c>records.json</c> and, the same as a table, <c>records.csv</c>.</summary>
public static class RecordFile
{
    /// <summary>The contract.</summary>
    public const string JsonName = "records.json";

    /// <summary>The same for a spreadsheet.</summary>
    public const string CsvName = "records.csv";

    /// <summary>Writes both files: suites by name, within a suite in the order given.</summary>
    /// <param name="directory">Made when it is missing.</param>
    /// <param name="records">At least one.</param>
    /// <exception cref="RecordFormatException">A record is not sound; nothing is written.</exception>
    public static void Write(string directory, IReadOnlyList<BenchmarkRecord> records)
    {
        List<BenchmarkRecord> ordered = [.. InOrder(records)];
        string json = Path.Combine(directory, JsonName);
        Validate(ordered, json);
        Directory.CreateDirectory(directory);
        File.WriteAllText(json, ToJson(ordered));
        using StreamWriter csv = new(Path.Combine(directory, CsvName));
        RecordCsv.Write(csv, ordered);
    }

    /// <summary>Reads the <c>records.json</c> of a result folder.</summary>
    /// <exception cref="RecordFormatException">It is missing, is not JSON, or breaks the contract.</exception>
    public static IReadOnlyList<BenchmarkRecord> Read(string directory) => ReadJson(Path.Combine(directory, JsonName));

    /// <summary>Reads a file of the JSON form.</summary>
    /// <exception cref="RecordFormatException">It is missing, is not JSON, or breaks the contract.</exception>
    public static IReadOnlyList<BenchmarkRecord> ReadJson(string file) => FromJson(ReadText(file), file);

    /// <summary>Reads a file of the CSV form.</summary>
    /// <exception cref="RecordFormatException">It is missing or breaks the contract.</exception>
    public static IReadOnlyList<BenchmarkRecord> ReadCsv(string file)
    {
        using StringReader text = new(ReadText(file));
        List<BenchmarkRecord> records = RecordCsv.Read(text, file);
        Validate(records, file);
        return records;
    }

    /// <summary>The order of the files: suites by name, within a suite as it was.</summary>
    internal static IEnumerable<BenchmarkRecord> InOrder(IEnumerable<BenchmarkRecord> records) => records.OrderBy(r => r.Suite, StringComparer.Ordinal);

    /// <summary>The text of <c>records.json</c>.</summary>
    internal static string ToJson(List<BenchmarkRecord> records) =>
        JsonSerializer.Serialize(records, RecordJson.Default.ListBenchmarkRecord) + "\n";

    internal static IReadOnlyList<BenchmarkRecord> FromJson(string json, string file)
    {
        List<BenchmarkRecord>? records;
        try
        {
            records = JsonSerializer.Deserialize(json, RecordJson.Default.ListBenchmarkRecord);
        }
        catch (JsonException wrong)
        {
            throw new RecordFormatException($"{file}: line {wrong.LineNumber + 1}, {wrong.Path ?? "$"}: {Reason(wrong)}; expected an array of records as results/METHODOLOGY.md describes them");
        }

        Validate(records ?? [], file);
        return records!;
    }

    private static void Validate(List<BenchmarkRecord> records, string file)
    {
        if (records.Count == 0)
            throw new RecordFormatException($"{file}: no record; expected at least one");
        HashSet<(string, string, RecordParameters)> cases = [];
        for (int i = 0; i < records.Count; i++)
        {
            BenchmarkRecord record = records[i];
            string place = $"{file}: element {i} ({record.Suite}.{record.Benchmark})";
            if (record.Problem() is { } problem)
                throw new RecordFormatException($"{place}: {problem}");
            if (!cases.Add((record.Suite, record.Benchmark, record.Parameters)))
                throw new RecordFormatException($"{place}: the case {record.Parameters} stands twice; expected one entry a case");
        }
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecordFormatException($"{file}: cannot be read ({e.Message.TrimEnd('.')}); expected a file of records");
        }
    }

    // The serializer appends the place to its messages; the place is already named.
    private static string Reason(JsonException wrong) => wrong.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0].TrimEnd('.');
}
