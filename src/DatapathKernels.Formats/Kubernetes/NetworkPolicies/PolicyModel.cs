namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// The pods and policies of a cluster, resolved: every selector has been asked about every pod, and each pod knows what may
/// reach it and what it may reach.
/// </summary>
/// <remarks>Cost: one evaluation for each different peer and pod, so policies with equal selectors share them.</remarks>
public sealed class PolicyModel
{
    private readonly Dictionary<PolicyRule, PolicyAllow> _allows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, PolicyPod[]> _selections = [];

    /// <summary>Resolves policies.</summary>
    /// <param name="pods">The pods, no address twice.</param>
    /// <param name="policies">The policies.</param>
    public PolicyModel(IReadOnlyList<PolicyPod> pods, IReadOnlyList<NetworkPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(policies);
        Pods = pods;
        Policies = policies;
        foreach (NetworkPolicy policy in policies)
        {
            foreach (PolicyRule rule in policy.Ingress.Concat(policy.Egress))
                _allows.TryAdd(rule, Resolve(policy, rule));
        }

        ILookup<string, NetworkPolicy> byNamespace = policies.ToLookup(policy => policy.Namespace);
        PodPolicies = [.. pods.Select(pod => PolicyOf(pod, [.. byNamespace[pod.Namespace].Where(policy => policy.Selects(pod))]))];
    }

    /// <summary>The pods.</summary>
    public IReadOnlyList<PolicyPod> Pods { get; }

    /// <summary>The policies.</summary>
    public IReadOnlyList<NetworkPolicy> Policies { get; }

    /// <summary>What may pass, a pod each, in the order of <see cref="Pods"/>.</summary>
    public IReadOnlyList<PodPolicy> PodPolicies { get; }

    /// <summary>What the rules of a policy let pass, in their order.</summary>
    /// <param name="rules">Its ingress or its egress rules.</param>
    public IReadOnlyList<PolicyAllow> AllowsOf(IReadOnlyList<PolicyRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return [.. rules.Select(rule => _allows[rule])];
    }

    private PodPolicy PolicyOf(PolicyPod pod, NetworkPolicy[] selecting)
    {
        NetworkPolicy[] ingress = [.. selecting.Where(policy => policy.AffectsIngress)];
        NetworkPolicy[] egress = [.. selecting.Where(policy => policy.AffectsEgress)];
        return new(
            pod,
            ingress.Length == 0 ? null : AllowsOf([.. ingress.SelectMany(policy => policy.Ingress)]),
            egress.Length == 0 ? null : AllowsOf([.. egress.SelectMany(policy => policy.Egress)]));
    }

    private PolicyAllow Resolve(NetworkPolicy policy, PolicyRule rule)
    {
        PolicyPod[] pods = [.. rule.Peers.SelectMany(peer => PodsOf(peer, policy.Namespace)).Distinct(ReferenceEqualityComparer.Instance).Cast<PolicyPod>()];
        IpBlock[] blocks = [.. rule.Peers.Where(peer => peer.Block is not null).Select(peer => peer.Block!)];
        return new(policy, rule, rule.Peers.Count == 0, pods, blocks);
    }

    /// <summary>The pods that a peer selects.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="policyNamespace">The namespace of its policy.</param>
    public IReadOnlyList<PolicyPod> PodsOf(PolicyPeer peer, string policyNamespace)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.Block is not null)
            return [];
        string selection = SelectionOf(peer, policyNamespace);
        if (!_selections.TryGetValue(selection, out PolicyPod[]? pods))
            _selections.Add(selection, pods = [.. Pods.Where(pod => peer.Selects(pod, policyNamespace))]);
        return pods;
    }

    /// <summary>The words of a selection: equal for peers that select the same pods of every cluster.</summary>
    internal static string SelectionOf(PolicyPeer peer, string policyNamespace) =>
        $"{(peer.Namespaces is null ? $"in {policyNamespace}" : $"all ({peer.Namespaces})")}: {peer.Pods}";
}
