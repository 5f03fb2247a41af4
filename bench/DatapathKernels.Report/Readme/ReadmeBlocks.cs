using System.Text;
using System.Text.RegularExpressions;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Readme;

/// <summary>
/// The generated blocks of a Markdown file. A block begins with a line <c>&lt;!-- generated: NAME (command) --&gt;</c> and
/// ends with a line <c>&lt;!-- end generated --&gt;</c>; what stands between is replaced, everything else stays as it is.
/// </summary>
internal static partial class ReadmeBlocks
{
    private const string End = "<!-- end generated -->";

    /// <param name="text">The file's text.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <param name="blocks">Name to text.</param>
    /// <exception cref="RecordFormatException">A block has no end, or nobody generates its name.</exception>
    public static string Replace(string text, string file, IReadOnlyDictionary<string, string> blocks)
    {
        StringBuilder result = new();
        string[] lines = text.Split('\n');
        int opened = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            Match begin = Begin().Match(lines[i]);
            bool ends = lines[i].Trim() == End;
            if ((begin.Success && opened > 0) || (ends && opened == 0))
                throw new RecordFormatException($"{file}: line {i + 1}: {(ends ? "a block ends that did not begin" : $"a block begins inside that of line {opened}")}; expected pairs of <!-- generated: NAME (command) --> and {End}");
            if (ends)
                opened = 0;
            if (opened == 0)
                result.Append(lines[i]).Append(i + 1 < lines.Length ? "\n" : "");
            if (!begin.Success)
                continue;
            result.Append('\n').Append(Block(begin.Groups["name"].Value, blocks, $"{file}: line {i + 1}").TrimEnd()).Append("\n\n");
            opened = i + 1;
        }

        return opened == 0 ? result.ToString() : throw new RecordFormatException($"{file}: line {opened}: the block has no end; expected a line {End}");
    }

    private static string Block(string name, IReadOnlyDictionary<string, string> blocks, string place) => blocks.TryGetValue(name, out string? block)
        ? block
        : throw new RecordFormatException($"{place}: nobody generates '{name}'; expected one of {string.Join(", ", blocks.Keys.Order(StringComparer.Ordinal))}");

    [GeneratedRegex(@"^\s*<!-- generated: (?<name>[a-z-]+) \([^)]*\) -->\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Begin();
}
