namespace DatapathKernels.Formats.Datapaths;

/// <summary>How packets reach pods of other nodes.</summary>
public enum OverlayKind
{
    /// <summary>As they are: nodes are next hops of one another.</summary>
    None,

    /// <summary>Through VXLAN.</summary>
    Vxlan,

    /// <summary>Through Geneve.</summary>
    Geneve,
}
