namespace DatapathKernels.Filtering;

/// <summary>The five netfilter hooks of a node, numbered as the kernel numbers them (<c>NF_INET_*</c>).</summary>
public enum Hook : byte
{
    /// <summary>Every packet that arrives, before routing.</summary>
    PreRouting,

    /// <summary>Packets for the node itself.</summary>
    Input,

    /// <summary>Packets routed through the node.</summary>
    Forward,

    /// <summary>Packets the node sends.</summary>
    Output,

    /// <summary>Every packet that leaves, after routing.</summary>
    PostRouting,
}
