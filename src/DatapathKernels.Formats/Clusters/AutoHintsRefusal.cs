namespace DatapathKernels.Formats.Clusters;

/// <summary>Why the EndpointSlice controller writes no hints for a service that asks for them (<c>service.kubernetes.io/topology-mode: Auto</c>).</summary>
public enum AutoHintsRefusal
{
    /// <summary>It writes them.</summary>
    None,

    /// <summary>A node's zone or capacity is not known, or all nodes are of one zone.</summary>
    NodesUnknown,

    /// <summary>Fewer ready endpoints than zones.</summary>
    TooFewEndpoints,

    /// <summary>However endpoints are dealt, a zone's would carry more than 20% above their share.</summary>
    Overload,

    /// <summary>A ready endpoint's zone is not known.</summary>
    EndpointZoneUnknown,
}
