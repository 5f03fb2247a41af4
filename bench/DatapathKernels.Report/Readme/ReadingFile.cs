namespace DatapathKernels.Report.Readme;

/// <summary>
/// <c>results/READING.md</c>, kept by hand: under a heading <c>## SUITE</c> what its numbers mean. No numbers stand in it, so
/// that a new run does not make it wrong.
/// </summary>
internal static class ReadingFile
{
    private const string Heading = "## ";

    /// <summary>Suite to paragraph; empty when the file is missing.</summary>
    public static IReadOnlyDictionary<string, string> Read(string file)
    {
        Dictionary<string, string> readings = new(StringComparer.Ordinal);
        string[] sections = File.Exists(file) ? ("\n" + File.ReadAllText(file).ReplaceLineEndings("\n")).Split("\n" + Heading) : [];
        foreach (string section in sections.Skip(1))
        {
            string[] parts = section.Split('\n', 2);
            readings[parts[0].Trim()] = parts.Length > 1 ? parts[1].Trim() : "";
        }

        return readings;
    }
}
