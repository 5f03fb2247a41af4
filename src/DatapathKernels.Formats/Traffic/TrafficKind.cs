namespace DatapathKernels.Formats.Traffic;

/// <summary>Where a flow goes.</summary>
public enum TrafficKind : byte
{
    /// <summary>To a cluster IP and port of a service: a hit in the service table.</summary>
    Service = 0,

    /// <summary>Straight to another pod: a miss.</summary>
    PodToPod,

    /// <summary>To an address outside the cluster: a miss.</summary>
    Outbound,
}
