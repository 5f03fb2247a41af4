namespace DatapathKernels.Datapaths.Policy;

/// <summary>The way of traffic as the pod sees it that a policy is for.</summary>
public enum PolicyDirection : byte
{
    /// <summary>To the pod.</summary>
    Ingress = 0,

    /// <summary>From the pod.</summary>
    Egress = 1,
}
