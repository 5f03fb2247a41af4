using System.Net;
using System.Text;

namespace DatapathKernels.Report.Rendering;

/// <summary>A sentence with bold and code runs, written once and rendered as Markdown, HTML or plain text. Every run is escaped.</summary>
internal sealed class Prose
{
    private enum Style
    {
        Plain,
        Bold,
        Code,
    }

    private readonly List<(Style Style, string Text)> _runs = [];

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => _runs.Count == 0;

    /// <summary>A sentence of one plain run.</summary>
    public static Prose Of(string text) => new Prose().Text(text);

    public Prose Text(string text) => Add(Style.Plain, text);

    public Prose Bold(string text) => Add(Style.Bold, text);

    public Prose Code(string text) => Add(Style.Code, text);

    /// <summary>The runs without their styles.</summary>
    public override string ToString() => string.Concat(_runs.Select(r => r.Text));

    public string ToMarkdown() => string.Concat(_runs.Select(r => r.Style switch
    {
        Style.Bold => $"**{MarkdownText(r.Text)}**",
        Style.Code => MarkdownCode(r.Text),
        _ => MarkdownText(r.Text),
    }));

    public string ToHtml() => string.Concat(_runs.Select(r => r.Style switch
    {
        Style.Bold => $"<strong>{WebUtility.HtmlEncode(r.Text)}</strong>",
        Style.Code => $"<code>{WebUtility.HtmlEncode(r.Text)}</code>",
        _ => WebUtility.HtmlEncode(r.Text),
    }));

    private Prose Add(Style style, string text)
    {
        if (text.Length > 0)
            _runs.Add((style, text));
        return this;
    }

    private static string MarkdownText(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in text.ReplaceLineEndings(" "))
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '&')
                escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }

    // A fence longer than any run of backticks inside; the bar is escaped because tables split cells before they read code.
    private static string MarkdownCode(string text)
    {
        string line = text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
        string fence = "`";
        while (line.Contains(fence, StringComparison.Ordinal))
            fence += "`";
        return fence.Length == 1 ? $"`{line}`" : $"{fence} {line} {fence}";
    }
}
