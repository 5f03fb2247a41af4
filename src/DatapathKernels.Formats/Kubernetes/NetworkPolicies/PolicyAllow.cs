namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>A rule with its peers found: what it lets pass.</summary>
/// <param name="Policy">The policy it is of.</param>
/// <param name="Rule">The rule.</param>
/// <param name="IsAnyone">True when the other end may be anyone; then there are neither pods nor blocks.</param>
/// <param name="Pods">The pods that its peers select, each once.</param>
/// <param name="Blocks">The blocks among its peers.</param>
public sealed record PolicyAllow(NetworkPolicy Policy, PolicyRule Rule, bool IsAnyone, IReadOnlyList<PolicyPod> Pods, IReadOnlyList<IpBlock> Blocks);
