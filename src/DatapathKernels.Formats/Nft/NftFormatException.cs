namespace DatapathKernels.Formats.Nft;

/// <summary>Text that is not an nftables ruleset. The message reads <c>file:line:column: expected ..., found ...</c>.</summary>
public sealed class NftFormatException : Exception
{
    /// <summary>Makes the error.</summary>
    public NftFormatException()
    {
    }

    /// <summary>Makes the error.</summary>
    public NftFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error.</summary>
    public NftFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal NftFormatException(string file, int line, int column, string what)
        : base($"{file}:{line}:{column}: {what}")
    {
        File = file;
        Line = line;
        Column = column;
    }

    /// <summary>The file, or the name given for the text.</summary>
    public string File { get; } = "";

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column, in characters from 1.</summary>
    public int Column { get; }
}
