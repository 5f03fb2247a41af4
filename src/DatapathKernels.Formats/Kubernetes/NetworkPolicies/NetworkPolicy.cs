namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// A NetworkPolicy of <c>networking.k8s.io/v1</c>. The pods it selects are isolated in its directions: only what some policy
/// that selects them allows may pass.
/// </summary>
public sealed record NetworkPolicy
{
    /// <summary>Its namespace; it selects pods of this one only.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The pods it is for.</summary>
    public LabelSelector Pods { get; init; } = LabelSelector.Everything;

    /// <summary>True when it isolates traffic to its pods.</summary>
    public bool AffectsIngress { get; init; }

    /// <summary>True when it isolates traffic from its pods.</summary>
    public bool AffectsEgress { get; init; }

    /// <summary>What may reach its pods.</summary>
    public IReadOnlyList<PolicyRule> Ingress { get; init; } = [];

    /// <summary>What its pods may reach.</summary>
    public IReadOnlyList<PolicyRule> Egress { get; init; } = [];

    /// <summary>True when it is for the pod.</summary>
    public bool Selects(PolicyPod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Namespace == Namespace && Pods.Matches(pod.Labels);
    }

    /// <summary>For example <c>shop/deny-all</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
