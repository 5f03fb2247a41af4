using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Comparison;

/// <summary>One of the two runs: its folder as the user named it, its records, and its environment where there is one.</summary>
internal sealed record ComparedRun(string Folder, IReadOnlyList<BenchmarkRecord> Records, ReportEnvironment Environment)
{
    /// <summary>The first record, for what all share: machine, commit and date.</summary>
    public BenchmarkRecord Any => Records[0];

    /// <summary>Reads a result folder.</summary>
    /// <exception cref="RecordFormatException">It is no folder, or its records are missing or break the contract.</exception>
    public static ComparedRun Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new RecordFormatException($"{folder}: no such folder; expected a result folder, with {RecordFile.JsonName} in it");
        IReadOnlyList<BenchmarkRecord> records = RecordFile.Read(folder);
        string environment = Path.Combine(folder, ReportRenderer.EnvironmentName);
        return new ComparedRun(folder, records, ReportEnvironment.Parse(File.Exists(environment) ? File.ReadAllText(environment) : ""));
    }
}
