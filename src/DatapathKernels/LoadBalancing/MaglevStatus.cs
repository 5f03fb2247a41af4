namespace DatapathKernels.LoadBalancing;

/// <summary>What a lookup of a service found.</summary>
public enum MaglevStatus : byte
{
    /// <summary>A backend.</summary>
    Ok = 0,

    /// <summary>The service has no backend: the flow is dropped or refused.</summary>
    NoBackend,
}
