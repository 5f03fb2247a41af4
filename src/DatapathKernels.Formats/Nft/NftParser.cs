using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>
/// Reads nftables rulesets: the commands kube-proxy sends to <c>nft -f</c> (<c>add table</c>, <c>add chain</c>, <c>add rule</c>, ...)
/// and the blocks that <c>nft list ruleset</c> prints, mixed as one likes.
/// </summary>
/// <remarks>
/// It reads the expressions and statements that kube-proxy writes and their kin. Any other is an error that says what was
/// expected; <see cref="NftParseOptions.Tables"/> leaves the tables of other programs out.
/// </remarks>
public static class NftParser
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="NftFormatException">The text is not a ruleset; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NftRuleset ParseFile(string path, NftParseOptions? options = null) => Parse(File.ReadAllText(path), options, path);

    /// <summary>Reads text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">What of it to read.</param>
    /// <param name="name">What errors call the text.</param>
    /// <exception cref="NftFormatException">The text is not a ruleset; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static NftRuleset Parse(string text, NftParseOptions? options = null, string name = "text")
    {
        ArgumentNullException.ThrowIfNull(text);
        NftReader reader = new(new NftTokens(text, name), options ?? new NftParseOptions());
        reader.Read();
        return reader.Ruleset;
    }
}
