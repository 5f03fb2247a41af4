using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Formats.Kubernetes.Policy;

namespace DatapathKernels.Formats.Datapaths;

/// <summary>The interfaces of a node, numbered alike in its routes, its rules and its policy chains: a number is a place in the list plus one.</summary>
internal sealed class NodeInterfaces
{
    private const string Link = "eth0", Tunnel = "vxlan.calico", AnyPod = "veth0";

    private readonly List<string> _names = ["lo", Link, Tunnel, AnyPod];
    private readonly Dictionary<IPAddress, ushort> _pods = [];

    /// <summary>Pods that policies speak of have interfaces of their own; all others share one.</summary>
    public NodeInterfaces(PolicyModel? policies, string node)
    {
        foreach (PolicyPod pod in policies?.Pods ?? [])
        {
            if (pod.Node != node)
                continue;
            _names.Add(WorkloadInterface.NameOf(pod.Namespace, pod.Name));
            foreach (IPAddress address in pod.Addresses)
                _pods[address] = (ushort)_names.Count;
        }
    }

    public IReadOnlyList<string> Names => _names;

    /// <summary>The link to other nodes and the world.</summary>
    public static ushort LinkNumber => 2;

    /// <summary>The tunnel's device.</summary>
    public static ushort TunnelNumber => 3;

    /// <summary>The interface of a pod of this node.</summary>
    public ushort NumberOf(IPAddress pod) => _pods.GetValueOrDefault(pod, (ushort)4);

    /// <summary>The node's addresses on every interface: what MASQUERADE writes.</summary>
    public List<InterfaceAddress> AddressesOf(ClusterNode node)
    {
        List<InterfaceAddress> addresses = [];
        foreach (string name in _names)
        {
            foreach (IPAddress address in node.Addresses)
                addresses.Add(new InterfaceAddress(name, IpNetwork.Host(address)));
        }

        return addresses;
    }
}
