using System.Net;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Turns what a pod allows into keys of the policy map.</summary>
internal sealed class IdentityEntries(IdentityAllocator identities)
{
    private readonly Dictionary<PolicyAllow, LabelledIdentity[]> _peers = new(ReferenceEqualityComparer.Instance);
    private readonly ILookup<IPNetwork, LabelledIdentity> _byRange =
        identities.Identities.SelectMany(identity => identity.Ranges.Select(range => (range, identity))).ToLookup(pair => pair.range, pair => pair.identity);

    /// <summary>Every entry of the map.</summary>
    public HashSet<PolicyKey> Keys { get; } = [];

    /// <summary>Adds the entries of an isolated pod.</summary>
    public void Add(uint endpoint, PolicyDirection direction, PolicyPod pod, IReadOnlyList<PolicyAllow> allows)
    {
        foreach (IPAddress host in pod.HostAddresses)
            Keys.Add(new(endpoint, direction, identities.Prefixes[AddressPrefix.Of(host)].Number));
        foreach (PolicyAllow allow in allows)
        {
            if (allow.Rule.Ports.Count == 0)
                AddPeers(allow, identity => Keys.Add(new(endpoint, direction, identity)));
            foreach (PolicyPort port in allow.Rule.Ports)
            {
                if (port.Name is null)
                    AddPeers(allow, identity => AddRange(endpoint, direction, identity, port));
                else if (direction == PolicyDirection.Ingress)
                    AddPeers(allow, identity => AddNamed(endpoint, direction, identity, port, pod));
                else
                    AddNamedOfPeers(endpoint, allow, port);
            }
        }
    }

    private void AddPeers(PolicyAllow allow, Action<uint> add)
    {
        if (allow.IsAnyone)
        {
            add(ReservedIdentities.Any);
            return;
        }

        foreach (LabelledIdentity identity in PeersOf(allow))
            add(identity.Number);
    }

    private void AddRange(uint endpoint, PolicyDirection direction, uint identity, PolicyPort port)
    {
        foreach ((ushort first, byte bits) in PortBlocks.Of(port.First, port.Last))
            Keys.Add(new(endpoint, direction, identity, port.Protocol, first, bits));
    }

    private void AddNamed(uint endpoint, PolicyDirection direction, uint identity, PolicyPort port, PolicyPod destination)
    {
        foreach (PodPort named in destination.Ports)
        {
            if (named.Name == port.Name && named.Protocol == port.Protocol)
                Keys.Add(new(endpoint, direction, identity, port.Protocol, named.Number, 16));
        }
    }

    /// <summary>A name means what each destination makes of it, so even a rule for everyone has an entry for each identity that knows the name.</summary>
    private void AddNamedOfPeers(uint endpoint, PolicyAllow allow, PolicyPort port)
    {
        foreach (LabelledIdentity identity in allow.IsAnyone ? identities.Identities : PeersOf(allow))
        {
            if (identity.Pod is not null)
                AddNamed(endpoint, PolicyDirection.Egress, identity.Number, port, identity.Pod);
        }
    }

    private LabelledIdentity[] PeersOf(PolicyAllow allow)
    {
        if (_peers.TryGetValue(allow, out LabelledIdentity[]? peers))
            return peers;
        IEnumerable<LabelledIdentity> pods = allow.Pods.SelectMany(pod => pod.Addresses).Select(address => identities.Prefixes[AddressPrefix.Of(address)]);
        IEnumerable<LabelledIdentity> blocks = allow.Blocks.SelectMany(block => _byRange[block.Network].Where(identity => !block.Except.Any(identity.Ranges.Contains)));
        _peers.Add(allow, peers = [.. pods.Concat(blocks).DistinctBy(identity => identity.Number)]);
        return peers;
    }
}
