namespace DatapathKernels.Report;

/// <summary>What <c>environment.txt</c> says: names and values in order, notes among them.</summary>
internal sealed record ReportEnvironment(IReadOnlyList<KeyValuePair<string, string>> Lines)
{
    private const string NoteName = "note";

    /// <summary>The notes.</summary>
    public IEnumerable<string> Notes => Lines.Where(l => l.Key == NoteName).Select(l => l.Value);

    /// <summary>Everything but the notes.</summary>
    public IEnumerable<KeyValuePair<string, string>> Facts => Lines.Where(l => l.Key != NoteName);

    /// <summary>The first value of that name, or null.</summary>
    public string? this[string name] => Lines.Where(l => l.Key == name).Select(l => l.Value).FirstOrDefault();

    /// <summary>Reads <c>name: value</c> lines; a line without a colon is a value without a name. Empty lines are skipped.</summary>
    public static ReportEnvironment Parse(string text)
    {
        List<KeyValuePair<string, string>> lines = [];
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            lines.Add(line.Split(':', 2, StringSplitOptions.TrimEntries) is [var name, var value] ? new(name, value) : new("", line));
        return new ReportEnvironment(lines);
    }

    /// <summary>The same with the notes that are not there yet.</summary>
    public ReportEnvironment With(ReportNotes notes)
    {
        IEnumerable<string> added = notes.Lines.Select(n => n.ReplaceLineEndings(" ").Trim()).Where(n => n.Length > 0).Except(Notes);
        return new([.. Lines, .. added.Select(n => KeyValuePair.Create(NoteName, n))]);
    }

    /// <summary>The text of the file.</summary>
    public string ToText() => string.Concat(Lines.Select(l => l.Key.Length == 0 ? $"{l.Value}\n" : $"{l.Key}: {l.Value}\n"));
}
