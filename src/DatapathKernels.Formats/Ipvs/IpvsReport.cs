namespace DatapathKernels.Formats.Ipvs;

/// <summary>What reading services had to say besides the services.</summary>
public sealed class IpvsReport
{
    /// <summary>Lines read.</summary>
    public int Lines { get; internal set; }

    /// <summary>Options read over because nothing here follows them, one entry an option: <c>--pe (lines 3, 7)</c>.</summary>
    public IReadOnlyList<string> Ignored { get; internal set; } = [];
}
