using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>How to read iptables text. The default suits every complete dump.</summary>
public sealed record IptablesParseOptions
{
    /// <summary>The family; null to tell it from the text (its header comment, else its first address, else IPv4).</summary>
    public IpFamily? Family { get; init; }

    /// <summary>The table of lines before any <c>*table</c>, as in the output of <c>iptables -t nat -S</c>; null to refuse such lines.</summary>
    public TableKind? DefaultTable { get; init; }

    /// <summary>True to add a user chain when a rule names one that was not declared; false to refuse it, as iptables-restore does.</summary>
    public bool DeclareChainsOnUse { get; init; }
}
