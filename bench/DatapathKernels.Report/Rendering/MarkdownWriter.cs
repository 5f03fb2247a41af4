using System.Text;

namespace DatapathKernels.Report.Rendering;

/// <summary>The document as Markdown.</summary>
internal static class MarkdownWriter
{
    public static string Write(ReportDocument document)
    {
        StringBuilder text = new();
        text.Append("# ").Append(Prose.Of(document.Title).ToMarkdown()).Append("\n\n");
        text.Append(string.Join(' ', document.Headline.Select(p => p.ToMarkdown()))).Append("\n\n");
        text.Append(document.Origin.ToMarkdown()).Append('\n');
        if (document.Notes.Count > 0)
            List(text, "Read this first", document.Notes);
        foreach (ReportSection section in document.Sections)
            Section(text, section);
        if (document.Losses.Count > 0)
            List(text, "What lost", document.Losses);
        List(text, "How to read this", document.Reading);
        Environment(text, document.Environment);
        return text.ToString();
    }

    /// <summary>A table alone.</summary>
    public static string Table(ReportTable table)
    {
        StringBuilder text = new();
        Row(text, table.Header);
        text.Append('|').Append(string.Concat(table.Header.Select((_, i) => i == 0 ? " --- |" : " ---: |"))).Append('\n');
        foreach (IReadOnlyList<Prose> row in table.Rows)
            Row(text, row);
        return text.ToString();
    }

    private static void Section(StringBuilder text, ReportSection section)
    {
        text.Append("\n## ").Append(Prose.Of(section.Title).ToMarkdown()).Append("\n\n");
        if (section.Question.Length > 0)
            text.Append(Prose.Of(section.Question).ToMarkdown()).Append("\n\n");
        if (section.Findings.Count > 0 && section.ListFindings)
            text.AppendJoin("", section.Findings.Select(p => $"- {p.ToMarkdown()}\n")).Append('\n');
        else if (section.Findings.Count > 0)
            text.Append(string.Join(' ', section.Findings.Select(p => p.ToMarkdown()))).Append("\n\n");
        text.AppendJoin('\n', section.Tables.SelectMany(t => t).Select(t => $"{Prose.Of(t.Caption).ToMarkdown()}:\n\n{Table(t)}"));
    }

    private static void List(StringBuilder text, string title, IReadOnlyList<Prose> items)
    {
        text.Append("\n## ").Append(title).Append("\n\n");
        foreach (Prose item in items)
            text.Append("- ").Append(item.ToMarkdown()).Append('\n');
    }

    private static void Environment(StringBuilder text, IReadOnlyList<KeyValuePair<string, string>> lines)
    {
        if (lines.Count == 0)
            return;
        text.Append("\n## Environment\n\n| | |\n| --- | --- |\n");
        foreach ((string name, string value) in lines)
            Row(text, [Prose.Of(name), new Prose().Code(value)]);
    }

    private static void Row(StringBuilder text, IReadOnlyList<Prose> cells)
    {
        text.Append('|');
        foreach (Prose cell in cells)
            text.Append(' ').Append(cell.ToMarkdown()).Append(" |");
        text.Append('\n');
    }
}
