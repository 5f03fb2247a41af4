using System.Net.Sockets;
using System.Text;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Traffic;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// The built-in cluster of S services: kube-proxy's rules for it, and first packets from its pods to its services, drawn
/// evenly, with the endpoints each may go to. Everything comes from fixed seeds.
/// </summary>
internal sealed class ClusterRules
{
    /// <summary>Endpoints behind each service; the rules grow with them, the walk of a packet hardly does.</summary>
    public const int EndpointsPerService = 3;

    private readonly Cluster _cluster;
    private readonly (ServicePort Port, ServiceKeyV4 Key)[] _ports;

    public ClusterRules(int services)
    {
        _cluster = ClusterGenerator.Generate(new ClusterOptions { Services = services, EndpointsPerService = EndpointsPerService, Seed = 1 });
        ServiceKeyV4[] keys = _cluster.ServiceKeysV4();
        _ports = [.. _cluster.Services.SelectMany(s => s.Ports).Zip(keys)];
    }

    /// <summary>The key of every service.</summary>
    public IReadOnlyList<ServiceKeyV4> Keys => [.. _ports.Select(p => p.Key)];

    /// <summary>The rules of the cluster's first node, as <c>iptables-save</c> would print them.</summary>
    public string Text() => KubeProxyIptables.ToText(_cluster, new KubeProxyOptions());

    /// <summary>The same, read back.</summary>
    public Ruleset Rules() => IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(Text()), null, out _, "built-in cluster");

    /// <summary>First packets of 64 bytes; <paramref name="services"/> gets the index of the service of each.</summary>
    public FrameList Traffic(int packets, out int[] services)
    {
        TrafficOptions options = new() { Seed = 1, NewConnectionShare = 1, ActiveFlows = 1, Sizes = FrameSizes.Fixed(64) };
        using TrafficTrace trace = new TrafficGenerator(_cluster, options).Generate(packets);
        FrameList frames = new();
        services = new int[packets];
        for (int i = 0; i < packets; i++)
        {
            services[i] = trace.Truth[i].Service;
            frames.Add(trace.Arena.Frame(i), LinkType.Ethernet);
        }

        frames.Seal();
        return frames;
    }

    /// <summary>The same packets to an address outside the cluster: no service's.</summary>
    public FrameList OtherTraffic(int packets)
    {
        FrameList services = Traffic(packets, out _), others = new();
        for (int i = 0; i < packets; i++)
        {
            Span<byte> frame = services.Take(i);
            AddressRewriter.SetDestination(frame, services.Infos[i], OutsideBe, services.KeysV4[i].DestinationPortBe);
            others.Add(frame, LinkType.Ethernet);
        }

        others.Seal();
        return others;
    }

    // 203.0.113.9, of a block for documentation (RFC 5737).
    private static readonly uint OutsideBe = BitConverter.ToUInt32([203, 0, 113, 9]);

    /// <summary>Where the packets of a service may go: the generator's truth, not the rules'.</summary>
    public IReadOnlySet<(UInt128 Address, ushort Port)> EndpointsOf(int service)
    {
        ClusterNode node = _cluster.Nodes[0];
        return EndpointSelection.Select(_ports[service].Port, AddressFamily.InterNetwork, node.Name, node.Zone).Cluster
            .Select(e => (IpNetwork.ToNumber(e.Address), e.Port)).ToHashSet();
    }
}
