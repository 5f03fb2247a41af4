namespace DatapathKernels.Bench;

/// <summary>A suite over the reader's own files: it runs only when every file it needs was given.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsInputAttribute : Attribute
{
    /// <summary>True when the suite reads the <c>--rules</c> file, iptables' or made from manifests.</summary>
    public bool Rules { get; init; }

    /// <summary>True when the suite reads the <c>--rules</c> file and that is an nftables ruleset.</summary>
    public bool Nft { get; init; }

    /// <summary>True when the suite reads the <c>--services</c> files.</summary>
    public bool Services { get; init; }

    /// <summary>True when the suite reads the <c>--capture</c> file.</summary>
    public bool Capture { get; init; }
}
