using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Datapaths;

/// <summary>A node's addresses and routes from its cluster: its pods, the other nodes' pods, a router for everything else.</summary>
internal static class NodeNetworks
{
    private const uint Vni = 1;
    private const ushort FlannelPort = 8472;

    public static NodeNetwork Build(Cluster cluster, ClusterNode node, NodeInterfaces interfaces, NodeOptions options, IEnumerable<IPAddress> ownAddresses)
    {
        List<IPAddress> own = [.. node.Addresses, .. ownAddresses, .. options.LocalAddresses];
        NodeNetwork network = new(MacOf(node.Addresses[0]), options.Mtu, cluster.Pods.Count + (cluster.Nodes.Count * 4) + own.Count + 64, BlocksOf(cluster, own)) { LinkInterface = NodeInterfaces.LinkNumber, TunnelInterface = NodeInterfaces.TunnelNumber };
        foreach (IPAddress address in own)
            network.AddAddress(address);
        RouteTarget router = new(RouteTargetKind.Gateway, new MacAddress([2, 0, 0, 0, 0, 0xfe]), NodeInterfaces.LinkNumber);
        network.AddRoute(IPNetwork.Parse("0.0.0.0/0"), router);
        network.AddRoute(IPNetwork.Parse("::/0"), router);
        Dictionary<ClusterNode, RouteTarget> others = new(ReferenceEqualityComparer.Instance);
        foreach (ClusterNode other in cluster.Nodes)
        {
            if (other != node)
                others.Add(other, AddNode(network, node, other, options));
        }

        foreach (ClusterPod pod in cluster.Pods)
        {
            if (pod.Node == node)
                AddPod(network, pod, interfaces);
            else if (others.TryGetValue(pod.Node, out RouteTarget? pods))
                AddRemotePod(network, pod, pods);
        }

        if (options.Overlay != OverlayKind.None)
            network.Receiver = ReceiverOf(node, options);
        return network;
    }

    /// <summary>Blocks of 256 IPv4 addresses that may have routes of their own addresses: service addresses are drawn from a range of thousands.</summary>
    private static int BlocksOf(Cluster cluster, List<IPAddress> own)
    {
        HashSet<int> blocks = [];
        foreach (IPAddress? address in own.Concat(cluster.Nodes.SelectMany(node => node.Addresses)).Concat(cluster.Pods.Select(pod => pod.IPv4)))
        {
            if (address is { AddressFamily: AddressFamily.InterNetwork })
                blocks.Add((int)((uint)IpNetwork.ToNumber(address) >> 8));
        }

        return blocks.Count + cluster.Nodes.Count;
    }

    /// <summary>A MAC address that follows from an address.</summary>
    public static MacAddress MacOf(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return new MacAddress([2, (byte)(address.AddressFamily == AddressFamily.InterNetwork ? 4 : 6), .. bytes[^4..]]);
    }

    /// <summary>Routes to another node and its pods; the latter is returned.</summary>
    private static RouteTarget AddNode(NodeNetwork network, ClusterNode node, ClusterNode other, NodeOptions options)
    {
        RouteTarget direct = new(RouteTargetKind.Gateway, MacOf(other.Addresses[0]), NodeInterfaces.LinkNumber);
        RouteTarget pods = options.Overlay == OverlayKind.None
            ? direct
            : new RouteTarget(RouteTargetKind.Tunnel, MacOf(other.Addresses[0]), NodeInterfaces.TunnelNumber, TunnelBetween(node, other, options));
        foreach (IPAddress address in other.Addresses)
            network.AddRoute(new IPNetwork(address, address.GetAddressBytes().Length * 8), direct);
        foreach (IPNetwork range in other.PodRanges)
            network.AddRoute(range, pods);
        return pods;
    }

    /// <summary>A pod whose address its node's ranges do not hold has a route of its own, unless the address is the node's.</summary>
    private static void AddRemotePod(NodeNetwork network, ClusterPod pod, RouteTarget pods)
    {
        foreach (IPAddress? address in (IPAddress?[])[pod.IPv4, pod.IPv6])
        {
            if (address is not null && !pod.Node.Addresses.Contains(address) && !pod.Node.PodRanges.Any(range => range.Contains(address)))
                network.AddRoute(new IPNetwork(address, address.GetAddressBytes().Length * 8), pods);
        }
    }

    /// <summary>A pod on its node's own network has the node's address: what goes there is the node's.</summary>
    private static void AddPod(NodeNetwork network, ClusterPod pod, NodeInterfaces interfaces)
    {
        foreach (IPAddress? address in (IPAddress?[])[pod.IPv4, pod.IPv6])
        {
            if (address is not null && !pod.Node.Addresses.Contains(address))
                network.AddRoute(new IPNetwork(address, address.GetAddressBytes().Length * 8), new RouteTarget(RouteTargetKind.Pod, MacOf(address), interfaces.NumberOf(address)));
        }
    }

    private static UdpTunnel TunnelBetween(ClusterNode node, ClusterNode other, NodeOptions options)
    {
        UdpTunnelOptions ends = EndsOf(node, other, options);
        return options.Overlay == OverlayKind.Geneve ? UdpTunnel.Geneve(ends, Vni) : UdpTunnel.Vxlan(ends, Vni);
    }

    private static UdpTunnelReceiver ReceiverOf(ClusterNode node, NodeOptions options)
    {
        UdpTunnelReceiver receiver = new(EndsOf(node, node, options)) { IsGeneve = options.Overlay == OverlayKind.Geneve };
        receiver.Add(Vni);
        return receiver;
    }

    /// <summary>The underlay is of the first family of the nodes. Its checksum is off, as Flannel and Cilium have it over IPv4.</summary>
    private static UdpTunnelOptions EndsOf(ClusterNode node, ClusterNode other, NodeOptions options)
    {
        bool v6 = node.Addresses[0].AddressFamily == AddressFamily.InterNetworkV6;
        return new UdpTunnelOptions
        {
            IsV6 = v6,
            Local = WireOf(node.Addresses[0]),
            Remote = WireOf(other.Addresses[0]),
            LocalMac = MacOf(node.Addresses[0]),
            NextHopMac = MacOf(other.Addresses[0]),
            Port = options.Overlay == OverlayKind.Geneve ? GeneveHeader.Port : FlannelPort,
            WritesChecksum = v6,
        };
    }

    private static IPv6Address WireOf(IPAddress address)
    {
        byte[] bytes = new byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }
}
