namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// A pod and what may pass. Whatever the lists say, it talks with its node and with itself, and replies pass.
/// </summary>
/// <param name="Pod">The pod.</param>
/// <param name="Ingress">What may reach it; null when no policy isolates it and everything may.</param>
/// <param name="Egress">What it may reach; null when no policy isolates it.</param>
public sealed record PodPolicy(PolicyPod Pod, IReadOnlyList<PolicyAllow>? Ingress, IReadOnlyList<PolicyAllow>? Egress);
