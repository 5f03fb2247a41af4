using System.Net;
using System.Net.Sockets;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>The sets of one family, each made when a rule first asks for it.</summary>
internal sealed class PolicySets(PolicyModel model, IpFamily family)
{
    // Calico's default of maxelem.
    private const int MaxElements = 1 << 20;

    public IpSetCollection Sets { get; } = new();

    /// <summary>The set of the addresses of the pods that a peer selects.</summary>
    public string OfPeer(PolicyPeer peer, string policyNamespace)
    {
        IpSet? set = Make("s", PolicyModel.SelectionOf(peer, policyNamespace), IpSetKind.HashIp, out string name);
        if (set is not null)
        {
            foreach (IPAddress address in model.PodsOf(peer, policyNamespace).SelectMany(pod => pod.Addresses).Where(IsOfFamily))
                set.TryAdd(new IpSetEntry(IpNetwork.ToNumber(address)), 0);
        }

        return name;
    }

    /// <summary>The set of addresses and ports that have a port's name, of all pods.</summary>
    public string OfPort(PolicyPort port)
    {
        IpSet? set = Make("n", $"{port.Protocol},{port.Name}", IpSetKind.HashIpPort, out string name);
        if (set is null)
            return name;
        foreach (PolicyPod pod in model.Pods)
        {
            foreach (PodPort named in pod.Ports.Where(named => named.Name == port.Name && named.Protocol == port.Protocol))
            {
                foreach (IPAddress address in pod.Addresses.Where(IsOfFamily))
                    set.TryAdd(new IpSetEntry(IpNetwork.ToNumber(address), Protocol: named.Protocol, Port: named.Number), 0);
            }
        }

        return name;
    }

    /// <summary>A new set; null when there is one of the name already.</summary>
    private IpSet? Make(string kind, string id, IpSetKind type, out string name)
    {
        name = CalicoNames.Set(family == IpFamily.V6, kind, id);
        return Sets.Find(name) is null ? Sets.Add(new IpSet(name, type, family, new IpSetOptions { MaxElements = MaxElements })) : null;
    }

    private bool IsOfFamily(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork == (family == IpFamily.V4);
}
