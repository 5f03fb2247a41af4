namespace DatapathKernels.Formats.Iptables;

/// <summary>Text that is not an iptables ruleset, nor one of ipsets or of virtual services. The message reads <c>file:line:column: expected ..., found ...</c>.</summary>
public sealed class IptablesFormatException : Exception
{
    /// <summary>Makes the error.</summary>
    public IptablesFormatException()
    {
    }

    /// <summary>Makes the error.</summary>
    public IptablesFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error.</summary>
    public IptablesFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal IptablesFormatException(string file, int line, int column, string what)
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

    /// <summary>The column, in bytes from 1.</summary>
    public int Column { get; }
}
