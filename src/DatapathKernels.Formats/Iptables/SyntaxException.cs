namespace DatapathKernels.Formats.Iptables;

/// <summary>A fault within one line; the reader of the file adds where.</summary>
internal sealed class SyntaxException(int column, string message) : Exception(message)
{
    public int Column { get; } = column;
}
