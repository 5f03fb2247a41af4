namespace DatapathKernels.Report;

/// <summary>What the reader of a report must know besides the numbers: a capture cut off, a match not understood.</summary>
/// <param name="Lines">One sentence each.</param>
public sealed record ReportNotes(IReadOnlyList<string> Lines)
{
    /// <summary>Nothing to say.</summary>
    public static ReportNotes None { get; } = new([]);
}
