using System.IO.Compression;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>
/// Reads iptables-save and iptables-restore text, and the ip6tables ones: rules with or without counters, every spelling of
/// options that iptables itself takes, single tables, foreign chains. What it does not understand it keeps by name (see
/// <see cref="UnknownMatch"/>) and lists in the report.
/// </summary>
/// <remarks>Cost: about a microsecond a rule; equal matches of many rules become one object.</remarks>
public static class IptablesSaveParser
{
    /// <summary>Reads a file; gzip is recognised by its first bytes.</summary>
    /// <exception cref="IptablesFormatException">The text is not a ruleset; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Ruleset ParseFile(string path, IptablesParseOptions? options, out IptablesReport report)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[2];
        bool gzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
        file.Position = 0;
        using Stream stream = gzip ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
        return Parse(stream, options, out report, path);
    }

    /// <summary>Reads a stream of UTF-8 text to its end.</summary>
    /// <exception cref="IptablesFormatException">The text is not a ruleset; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static Ruleset Parse(Stream stream, IptablesParseOptions? options, out IptablesReport report, string name = "text")
    {
        ArgumentNullException.ThrowIfNull(stream);
        RulesetReader reader = new(options ?? new IptablesParseOptions(), name);
        LineReader lines = new(stream);
        while (lines.TryRead(out ReadOnlySpan<byte> line, out bool terminated))
            reader.Add(line, terminated);
        return reader.Finish(out report);
    }

    /// <summary>Reads UTF-8 text.</summary>
    /// <exception cref="IptablesFormatException">The text is not a ruleset; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static Ruleset Parse(ReadOnlySpan<byte> text, IptablesParseOptions? options, out IptablesReport report, string name = "text")
    {
        RulesetReader reader = new(options ?? new IptablesParseOptions(), name);
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            reader.Add(end < 0 ? text : text[..end], terminated: end >= 0);
            text = end < 0 ? default : text[(end + 1)..];
        }

        return reader.Finish(out report);
    }
}
