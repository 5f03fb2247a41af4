namespace DatapathKernels.Report.Rendering;

/// <summary>A report, before it is Markdown or a page: both say the same because both are written from this.</summary>
internal sealed record ReportDocument
{
    /// <summary>The page's name.</summary>
    public required string Title { get; init; }

    /// <summary>Machine, date and commit.</summary>
    public required Prose Origin { get; init; }

    /// <summary>The answer.</summary>
    public required IReadOnlyList<Prose> Headline { get; init; }

    /// <summary>One a suite.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }

    /// <summary>Cases dearer than their baseline, and whether any allocated.</summary>
    public required IReadOnlyList<Prose> Losses { get; init; }

    /// <summary>What the input lacked.</summary>
    public required IReadOnlyList<Prose> Notes { get; init; }

    /// <summary>How to read it.</summary>
    public required IReadOnlyList<Prose> Reading { get; init; }

    /// <summary>Name and value.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>Whether benchmark cases were measured: a run of scenarios alone has none to explore.</summary>
    public required bool HasCases { get; init; }

    /// <summary>The records as JSON, for the page's script; Markdown leaves them out.</summary>
    public required string Data { get; init; }
}
