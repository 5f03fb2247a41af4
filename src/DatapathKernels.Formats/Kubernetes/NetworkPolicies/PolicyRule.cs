namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>One item of <c>ingress</c> or <c>egress</c>: traffic with one of the peers to one of the ports is allowed.</summary>
/// <param name="Peers">The other ends; empty for everyone.</param>
/// <param name="Ports">The destination ports; empty for all traffic, whatever its protocol.</param>
public sealed record PolicyRule(IReadOnlyList<PolicyPeer> Peers, IReadOnlyList<PolicyPort> Ports);
