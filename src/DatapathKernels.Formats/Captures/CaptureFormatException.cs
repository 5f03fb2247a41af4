namespace DatapathKernels.Formats.Captures;

/// <summary>
/// A file that is no capture, or whose bytes contradict its format. A file that merely stops early is not an error: see
/// <see cref="CaptureReader.Truncation"/>.
/// </summary>
public sealed class CaptureFormatException : FormatException
{
    /// <summary>Says where and what.</summary>
    /// <param name="file">The file's path, or a word for a stream.</param>
    /// <param name="offset">The byte the complaint is about, counted in the unpacked file.</param>
    /// <param name="expected">What the format asks for there.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public CaptureFormatException(string file, long offset, string expected, string found, Exception? inner = null)
        : base($"{file}: byte {offset}: expected {expected}, found {found}", inner)
    {
        File = file;
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file's path, or the word given for a stream.</summary>
    public string File { get; }

    /// <summary>The byte the complaint is about. In a gzip file it counts unpacked bytes.</summary>
    public long Offset { get; }

    /// <summary>What the format asks for at that byte.</summary>
    public string Expected { get; }

    /// <summary>What stands there instead.</summary>
    public string Found { get; }
}
