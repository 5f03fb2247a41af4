using System.Net;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>
/// Gives each address and range that policies can tell apart an identity: one number for all with the same labels. Beside the
/// labels of a pod and of its namespace, the ranges of blocks that hold an address are labels, and the numbers of those named
/// ports that egress rules ask for; so a rule means all addresses of an identity or none.
/// </summary>
internal sealed class IdentityAllocator
{
    private readonly HashSet<IPNetwork> _ranges;
    private readonly HashSet<string> _names;
    private readonly Dictionary<string, LabelledIdentity> _byLabels = [];
    private readonly Dictionary<IPNetwork, LabelledIdentity> _byPrefix = [];
    private uint _nextPods = ReservedIdentities.FirstPods, _nextRange = ReservedIdentities.FirstRanges, _nextNode = ReservedIdentities.FirstNodes;

    public IdentityAllocator(PolicyModel model, string? node)
    {
        IpBlock[] blocks = [.. model.Policies.SelectMany(policy => policy.Ingress.Concat(policy.Egress)).SelectMany(rule => rule.Peers).Where(peer => peer.Block is not null).Select(peer => peer.Block!)];
        _ranges = [.. blocks.SelectMany(block => block.Except.Prepend(block.Network))];
        _names = [.. model.Policies.SelectMany(policy => policy.Egress).SelectMany(rule => rule.Ports).Where(port => port.Name is not null).Select(port => port.Name!)];
        foreach (PolicyPod pod in model.Pods)
        {
            string[] labels = LabelsOf(pod);
            foreach (IPAddress address in pod.Addresses)
                Add(AddressPrefix.Of(address), labels, pod);
        }

        foreach (PolicyPod pod in model.Pods)
        {
            foreach (IPAddress address in pod.HostAddresses)
                Add(AddressPrefix.Of(address), [pod.Node == node ? "reserved:host" : $"host:{address}"], null);
        }

        foreach (IPNetwork range in _ranges)
            Add(range, [], null);
    }

    /// <summary>Every identity in use.</summary>
    public IReadOnlyCollection<LabelledIdentity> Identities => _byLabels.Values;

    /// <summary>Every address and range with its identity.</summary>
    public IReadOnlyDictionary<IPNetwork, LabelledIdentity> Prefixes => _byPrefix;

    /// <summary>The first one given to a prefix stays: an address of a pod and of a node is the pod's.</summary>
    private void Add(IPNetwork prefix, string[] labels, PolicyPod? pod)
    {
        if (_byPrefix.ContainsKey(prefix))
            return;
        HashSet<IPNetwork> ranges = [.. AddressPrefix.Around(prefix).Where(_ranges.Contains)];
        string[] all = [.. labels, .. ranges.Select(range => $"cidr:{range}").Order(StringComparer.Ordinal)];
        string key = string.Join('\n', all);
        if (!_byLabels.TryGetValue(key, out LabelledIdentity? identity))
            _byLabels.Add(key, identity = new(NextNumber(pod, labels, ranges.Count), all, pod, ranges));
        _byPrefix.Add(prefix, identity);
    }

    private uint NextNumber(PolicyPod? pod, string[] labels, int ranges)
    {
        if (pod is not null)
            return _nextPods++;
        if (labels.Length == 0)
            return _nextRange++;
        return labels[0] == "reserved:host" && ranges == 0 ? ReservedIdentities.Host : _nextNode++;
    }

    private string[] LabelsOf(PolicyPod pod) =>
    [
        $"k8s:io.kubernetes.pod.namespace={pod.Namespace}",
        .. pod.Labels.Select(label => $"k8s:{label.Key}={label.Value}").Order(StringComparer.Ordinal),
        .. pod.NamespaceLabels.Select(label => $"k8s:io.cilium.k8s.namespace.labels.{label.Key}={label.Value}").Order(StringComparer.Ordinal),
        .. pod.Ports.Where(port => _names.Contains(port.Name)).Select(port => $"port:{port.Name}/{port.Protocol}={port.Number}").Distinct().Order(StringComparer.Ordinal),
    ];
}
