namespace DatapathKernels.Formats.Clusters;

/// <summary>Why a proxy uses endpoints of every zone.</summary>
public enum TopologyFallback
{
    /// <summary>It does not: the hints hold.</summary>
    None,

    /// <summary>No endpoint is ready: the terminating ones that still serve are used, wherever they are.</summary>
    NoneReady,

    /// <summary>A ready endpoint has no zone hint, be it that none has.</summary>
    HintMissing,

    /// <summary>The node's zone is not known.</summary>
    ZoneUnknown,

    /// <summary>No ready endpoint is hinted for the node's zone.</summary>
    NoneForZone,
}
