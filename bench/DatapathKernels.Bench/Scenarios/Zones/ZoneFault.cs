namespace DatapathKernels.Bench.Scenarios.Zones;

/// <summary>What is wrong with a Service's endpoints or nodes, so that kube-proxy falls back to every zone.</summary>
internal enum ZoneFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One endpoint's zone is not known, so that it has no hint: nobody uses hints.</summary>
    EndpointZoneUnknown,

    /// <summary>One node's zone is not known: that node uses every zone.</summary>
    NodeZoneUnknown,

    /// <summary>No endpoint is ready; all are terminating and still serve.</summary>
    NoneReady,
}
