namespace DatapathKernels.Formats.Clusters;

/// <summary>How far a proxy narrowed the endpoints of a service by their hints.</summary>
public enum TopologyMode
{
    /// <summary>Not at all: every ready endpoint.</summary>
    Anywhere,

    /// <summary>To those hinted for the node's zone.</summary>
    SameZone,

    /// <summary>To those hinted for the node.</summary>
    SameNode,
}
