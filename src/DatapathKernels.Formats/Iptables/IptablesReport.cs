namespace DatapathKernels.Formats.Iptables;

/// <summary>What reading a ruleset had to say besides the ruleset.</summary>
public sealed class IptablesReport
{
    /// <summary>Lines read.</summary>
    public int Lines { get; internal set; }

    /// <summary>Rules read.</summary>
    public int Rules { get; internal set; }

    /// <summary>Match and target extensions that are kept but not evaluated, one entry a kind.</summary>
    public IReadOnlyList<UnknownExtension> Unknown { get; internal set; } = [];

    /// <summary>Lines passed over (such as a shell prompt outside of any table), each with its number and why.</summary>
    public IReadOnlyList<string> Warnings { get; internal set; } = [];

    /// <summary>Where and how the text was cut off; null when it is complete. Everything before the cut is in the ruleset.</summary>
    public string? Truncation { get; internal set; }
}
