namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// One item of <c>from</c> or <c>to</c>. Either a block of addresses, or pods: those that <see cref="Pods"/> selects in the
/// namespaces that <see cref="Namespaces"/> selects.
/// </summary>
/// <param name="Pods">Selects pods; null for every pod of the namespaces.</param>
/// <param name="Namespaces">Selects namespaces; null for the policy's own.</param>
/// <param name="Block">The block; then the others are null.</param>
public sealed record PolicyPeer(LabelSelector? Pods, LabelSelector? Namespaces, IpBlock? Block)
{
    /// <summary>True when it selects the pod. Blocks select no pods; they hold addresses.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="policyNamespace">The namespace of the policy.</param>
    public bool Selects(PolicyPod pod, string policyNamespace)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Block is not null)
            return false;
        bool inNamespace = Namespaces?.Matches(pod.NamespaceLabels) ?? pod.Namespace == policyNamespace;
        return inNamespace && (Pods?.Matches(pod.Labels) ?? true);
    }
}
