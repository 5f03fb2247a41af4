using System.Net;
using System.Text;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Explorer;

namespace DatapathKernels.Report.Rendering;

/// <summary>The document as one page that needs nothing else: no file beside it, no font, no network.</summary>
internal static class HtmlWriter
{
    public static string Write(ReportDocument document)
    {
        StringBuilder text = new();
        text.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
            .Append("<title>").Append(Escape(document.Title)).Append("</title>\n<style>\n").Append(HtmlStyle.Text).Append("</style>\n</head>\n<body>\n<main>\n");
        text.Append("<h1>").Append(Escape(document.Title)).Append("</h1>\n<p class=\"origin\">").Append(document.Origin.ToHtml()).Append("</p>\n");
        text.Append("<div class=\"headline\">\n").AppendJoin("", document.Headline.Select(p => $"<p>{p.ToHtml()}</p>\n")).Append("</div>\n");
        Contents(text, document.Sections);
        if (document.Notes.Count > 0)
            List(text, "notes", "Read this first", document.Notes);
        if (document.HasCases)
            text.Append(ExplorerPage.Section);
        foreach (ReportSection section in document.Sections)
            Section(text, section);
        if (document.Losses.Count > 0)
            List(text, "losses", "What lost", document.Losses);
        List(text, "reading", "How to read this", document.Reading);
        Environment(text, document.Environment);
        return text.Append("</main>\n").Append(document.HasCases ? ExplorerPage.Script(document.Data) : "").Append("</body>\n</html>\n").ToString();
    }

    private static void Contents(StringBuilder text, IReadOnlyList<ReportSection> sections)
    {
        if (sections.Count < 2)
            return;
        text.Append("<nav aria-label=\"Contents\">");
        text.AppendJoin(' ', sections.Select(s => $"<a href=\"#{Escape(s.Id)}\">{Escape(s.Title)}</a>")).Append("</nav>\n");
    }

    private static void Section(StringBuilder text, ReportSection section)
    {
        string id = Escape(section.Id);
        text.Append($"<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{Escape(section.Title)}</h2>\n");
        if (section.Question.Length > 0)
            text.Append("<p class=\"question\">").Append(Escape(section.Question)).Append("</p>\n");
        if (section.ListFindings)
            text.Append("<ul>\n").AppendJoin("", section.Findings.Select(p => $"<li>{p.ToHtml()}</li>\n")).Append("</ul>\n");
        else
            text.AppendJoin("", section.Findings.Select(p => $"<p>{p.ToHtml()}</p>\n"));
        for (int i = 0; i < Math.Max(section.Charts.Count, section.Tables.Count); i++)
        {
            if (i < section.Charts.Count)
                Figure(text, section.Charts[i], $"{section.Id}-{i}");
            foreach (ReportTable table in i < section.Tables.Count ? section.Tables[i] : [])
                Table(text, table);
        }

        text.Append("</section>\n");
    }

    private static void Figure(StringBuilder text, ReportChart chart, string id) =>
        text.Append("<figure>\n").Append(chart.Draw(ChartSize.Wide, $"{id}-wide", false)).Append(chart.Draw(ChartSize.Narrow, $"{id}-narrow", false))
            .Append("<figcaption>").Append(chart.Caption.ToHtml()).Append("</figcaption>\n</figure>\n");

    // The scroll box takes the keyboard's focus, so that a wide table can be reached without a mouse.
    private static void Table(StringBuilder text, ReportTable table)
    {
        text.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(table.Caption)}\">\n<table class=\"numbers\">\n<caption>{Escape(table.Caption)}</caption>\n<thead><tr>");
        text.AppendJoin("", table.Header.Select(h => $"<th scope=\"col\">{h.ToHtml()}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<Prose> row in table.Rows)
        {
            text.Append("<tr>").Append($"<th scope=\"row\">{row[0].ToHtml()}</th>");
            text.AppendJoin("", row.Skip(1).Select(c => $"<td>{c.ToHtml()}</td>")).Append("</tr>\n");
        }

        text.Append("</tbody>\n</table>\n</div>\n");
    }

    private static void List(StringBuilder text, string style, string title, IReadOnlyList<Prose> items)
    {
        text.Append($"<section class=\"{style}\">\n<h2>{title}</h2>\n<ul>\n");
        text.AppendJoin("", items.Select(i => $"<li>{i.ToHtml()}</li>\n")).Append("</ul>\n</section>\n");
    }

    private static void Environment(StringBuilder text, IReadOnlyList<KeyValuePair<string, string>> lines)
    {
        if (lines.Count == 0)
            return;
        text.Append("<section>\n<h2>Environment</h2>\n<table class=\"environment\">\n<tbody>\n");
        text.AppendJoin("", lines.Select(l => $"<tr><th scope=\"row\">{Escape(l.Key)}</th><td>{Escape(l.Value)}</td></tr>\n")).Append("</tbody>\n</table>\n</section>\n");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
