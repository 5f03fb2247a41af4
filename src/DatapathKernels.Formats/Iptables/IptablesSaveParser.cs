using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Reads iptables-save and iptables-restore text, and the ip6tables ones. (API shape; the parser follows.)</summary>
public static class IptablesSaveParser
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="IptablesFormatException">The text is not a ruleset; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Ruleset ParseFile(string path, IptablesParseOptions? options, out IptablesReport report) => throw new NotImplementedException();

    /// <summary>Reads UTF-8 text.</summary>
    /// <exception cref="IptablesFormatException">The text is not a ruleset; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static Ruleset Parse(ReadOnlySpan<byte> text, IptablesParseOptions? options, out IptablesReport report, string name = "text") => throw new NotImplementedException();
}
