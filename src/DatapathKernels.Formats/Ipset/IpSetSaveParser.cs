using System.Text;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipset;

/// <summary>Reads the text of <c>ipset save</c> and <c>ipset restore</c>.</summary>
public static class IpSetSaveParser
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nowMs">The time of the save on the clock of <see cref="PacketMeta.NowMs"/>: timeouts count from here.</param>
    /// <param name="report">What else there is to say.</param>
    /// <exception cref="IptablesFormatException">The text is not one of sets; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IpSetCollection ParseFile(string path, long nowMs, out IpSetReport report) =>
        Parse(File.ReadAllBytes(path), nowMs, out report, path);

    /// <summary>Reads UTF-8 text.</summary>
    /// <inheritdoc cref="ParseFile"/>
    public static IpSetCollection Parse(ReadOnlySpan<byte> text, long nowMs, out IpSetReport report, string name = "text")
    {
        IpSetReader reader = new(nowMs);
        int line = 0;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> current = (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
            text = end < 0 ? default : text[(end + 1)..];
            line++;
            try
            {
                reader.Read(current, line);
            }
            catch (SyntaxException error)
            {
                throw new IptablesFormatException(name, line, error.Column, error.Message);
            }
        }

        report = reader.Finish(line);
        return reader.Sets;
    }

    /// <summary>Reads text.</summary>
    /// <inheritdoc cref="ParseFile"/>
    public static IpSetCollection Parse(string text, long nowMs, out IpSetReport report) =>
        Parse(Encoding.UTF8.GetBytes(text), nowMs, out report);
}
