using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Writes a ruleset as iptables-save would. (API shape; the writer follows.)</summary>
public static class IptablesSaveWriter
{
    /// <summary>Writes the text; with <paramref name="counters"/>, <c>[packets:bytes]</c> before every rule as <c>iptables-save -c</c> does.</summary>
    public static void Write(Ruleset ruleset, TextWriter writer, bool counters = false) => throw new NotImplementedException();
}
