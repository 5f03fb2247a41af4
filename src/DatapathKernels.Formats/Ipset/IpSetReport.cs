namespace DatapathKernels.Formats.Ipset;

/// <summary>What reading sets had to say besides the sets.</summary>
public sealed class IpSetReport
{
    /// <summary>Lines read.</summary>
    public int Lines { get; internal set; }

    /// <summary>Entries read, members of lists included.</summary>
    public int Entries { get; internal set; }

    /// <summary>Types of sets that are not evaluated, one entry a type; their sets are left out, so rules that ask them count as unknown.</summary>
    public IReadOnlyList<string> Skipped { get; internal set; } = [];
}
