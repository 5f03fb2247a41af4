using System.Globalization;
using System.Net;
using System.Text;

namespace DatapathKernels.Report.Charts;

/// <summary>SVG text, element by element. Coordinates are written with one decimal, texts are escaped.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Opens the picture: it scales with the page, and its title and description are read aloud.</summary>
    /// <param name="size">The canvas.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="description">What it says, for who cannot see it.</param>
    /// <param name="standalone">A file of its own, which brings its style along.</param>
    public SvgWriter(ChartSize size, string id, string title, string description, bool standalone)
    {
        string mark = Escape(id), fixedSize = standalone ? $"width=\"{size.Width}\" height=\"{size.Height}\" " : "";
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {size.Name}\" viewBox=\"0 0 {size.Width} {size.Height}\" {fixedSize}role=\"img\" aria-labelledby=\"{mark}-t {mark}-d\">");
        Add($"<title id=\"{mark}-t\">{Escape(title)}</title>");
        Add($"<desc id=\"{mark}-d\">{Escape(description)}</desc>");
        if (standalone)
            Add($"<style>\n{ChartStyle.Standalone}</style>\n<rect class=\"bg\" width=\"{size.Width}\" height=\"{size.Height}\" rx=\"8\"/>");
    }

    public void Line(string style, double x1, double y1, double x2, double y2) =>
        Add($"<line class=\"{style}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    public void Rectangle(string style, double x, double y, double width, double height) =>
        Add($"<rect class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\"/>");

    public void Circle(string style, double x, double y, double radius) =>
        Add($"<circle class=\"{style}\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.#}\"/>");

    /// <summary>A line through the points.</summary>
    public void Path(string style, IEnumerable<(double X, double Y)> points) =>
        Add($"<path class=\"{style}\" d=\"M{string.Join('L', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.#} {p.Y:0.#}")))}\"/>");

    /// <summary>The mark of a series: every series has its own shape, so that colour is not needed to tell them apart.</summary>
    public void Mark(int series, double x, double y)
    {
        string style = $"mark s{series % ChartStyle.Colours}";
        switch (series % 4)
        {
            case 0:
                Circle(style, x, y, 4);
                break;
            case 1:
                Rectangle(style, x - 3.8, y - 3.8, 7.6, 7.6);
                break;
            case 2:
                Path(style, [(x, y - 5), (x + 4.8, y + 3.8), (x - 4.8, y + 3.8), (x, y - 5)]);
                break;
            default:
                Path(style, [(x, y - 5.2), (x + 5.2, y), (x, y + 5.2), (x - 5.2, y), (x, y - 5.2)]);
                break;
        }
    }

    /// <param name="style">The class.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>: which part of the text stands at <paramref name="x"/>.</param>
    /// <param name="x">Where.</param>
    /// <param name="y">The baseline.</param>
    /// <param name="text">Escaped here.</param>
    public void Text(string style, string anchor, double x, double y, string text) =>
        Add($"<text class=\"{style}\" text-anchor=\"{anchor}\" x=\"{x:0.#}\" y=\"{y:0.#}\">{Escape(text)}</text>");

    /// <summary>Closes the picture.</summary>
    public string Finish() => _text.Append("</svg>\n").ToString();

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void Add(FormattableString element) => _text.Append(FormattableString.Invariant(element)).Append('\n');
}
