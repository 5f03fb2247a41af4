using System.Text;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>
/// Reads what <c>ipvsadm -S -n</c> prints and whatever else <c>ipvsadm -R</c> takes: services and servers added, edited and
/// deleted, short and long options.
/// </summary>
/// <remarks>
/// As in ipvsadm, the scheduler is <c>wlc</c>, forwarding direct routing and the weight 1 where a line does not say. Weights and
/// thresholds may be larger than the 65,535 ipvsadm takes itself, because it prints those other programs have set. Names of
/// hosts and ports are not looked up. The schedulers <c>lblc</c> and <c>lblcr</c> are refused.
/// </remarks>
public static class IpvsSaveParser
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">What else there is to say.</param>
    /// <exception cref="IptablesFormatException">The text is not one of services; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IpvsTable ParseFile(string path, out IpvsReport report) => Parse(File.ReadAllBytes(path), out report, path);

    /// <summary>Reads text.</summary>
    /// <inheritdoc cref="ParseFile"/>
    public static IpvsTable Parse(string text, out IpvsReport report) => Parse(Encoding.UTF8.GetBytes(text), out report);

    /// <summary>Reads UTF-8 text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="report">What else there is to say.</param>
    /// <param name="name">The name for errors.</param>
    /// <exception cref="IptablesFormatException">The text is not one of services; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static IpvsTable Parse(ReadOnlySpan<byte> text, out IpvsReport report, string name = "text")
    {
        IpvsSaveReader reader = new();
        int line = 0;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> current = end < 0 ? text : text[..end];
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

        return reader.Finish(line, out report);
    }
}
