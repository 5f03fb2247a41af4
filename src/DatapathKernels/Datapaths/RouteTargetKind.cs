namespace DatapathKernels.Datapaths;

/// <summary>Where a route leads.</summary>
public enum RouteTargetKind : byte
{
    /// <summary>The node itself.</summary>
    Host,

    /// <summary>A pod of this node.</summary>
    Pod,

    /// <summary>Another machine on the link: a node (direct routing) or a router.</summary>
    Gateway,

    /// <summary>Another node, through a tunnel.</summary>
    Tunnel,
}
