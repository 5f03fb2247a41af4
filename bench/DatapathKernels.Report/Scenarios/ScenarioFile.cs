using System.Text.Json;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Scenarios;

/// <summary>The file of a result folder that holds what its scenarios found: <c>scenarios.json</c>. Runs without scenarios lack it.</summary>
public static class ScenarioFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "scenarios.json";

    /// <summary>Writes the file, in the order given; nothing when there is no record.</summary>
    /// <param name="directory">Made when it is missing.</param>
    /// <param name="records">What the scenarios found.</param>
    /// <exception cref="RecordFormatException">A record is not sound; nothing is written.</exception>
    public static void Write(string directory, IReadOnlyList<ScenarioRecord> records)
    {
        if (records.Count == 0)
            return;
        string file = Path.Combine(directory, Name);
        Validate(records, file);
        Directory.CreateDirectory(directory);
        File.WriteAllText(file, JsonSerializer.Serialize([.. records], ScenarioJson.Default.ListScenarioRecord) + "\n");
    }

    /// <summary>Reads the file of a result folder; no record when the folder has none.</summary>
    /// <exception cref="RecordFormatException">It is not JSON, or breaks the contract.</exception>
    public static IReadOnlyList<ScenarioRecord> Read(string directory)
    {
        string file = Path.Combine(directory, Name);
        if (!File.Exists(file))
            return [];
        List<ScenarioRecord>? records;
        try
        {
            records = JsonSerializer.Deserialize(File.ReadAllText(file), ScenarioJson.Default.ListScenarioRecord);
        }
        catch (JsonException wrong)
        {
            throw new RecordFormatException($"{file}: line {wrong.LineNumber + 1}, {wrong.Path ?? "$"}: not a scenario; expected an array of records as results/METHODOLOGY.md describes them");
        }

        Validate(records ?? [], file);
        return records ?? [];
    }

    private static void Validate(IReadOnlyList<ScenarioRecord> records, string file)
    {
        foreach (ScenarioRecord record in records)
        {
            if (record.Problem() is { } problem)
                throw new RecordFormatException($"{file}: {record.Name}: {problem}");
        }

        if (records.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count() < records.Count)
            throw new RecordFormatException($"{file}: a scenario stands twice; expected one record each");
    }
}
