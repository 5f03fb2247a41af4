namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Text that is not a Kubernetes manifest. The message reads <c>file:line:column: expected ..., found ...</c>.</summary>
public sealed class ManifestFormatException : Exception
{
    /// <summary>Makes the error.</summary>
    public ManifestFormatException()
    {
    }

    /// <summary>Makes the error.</summary>
    public ManifestFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error.</summary>
    public ManifestFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal ManifestFormatException(string file, long line, long column, string what, Exception? cause = null)
        : base($"{file}:{line}:{column}: {what}", cause)
    {
        File = file;
        Line = (int)line;
        Column = (int)column;
    }

    /// <summary>The file, or the name given for the text.</summary>
    public string File { get; } = "";

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column, in characters from 1.</summary>
    public int Column { get; }
}
