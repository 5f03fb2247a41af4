using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public class ClusterGeneratorTests
{
    private static FsCheck.Gen<ClusterOptions> Options =>
        from services in Gen.Choose(0, 60)
        from endpoints in Gen.Choose(0, 12)
        from mix in Gen.Elements(EndpointMix.Fixed, EndpointMix.Realistic)
        from ports in Gen.Choose(1, 3)
        from families in Gen.Elements(IpFamilies.IPv4, IpFamilies.IPv6, IpFamilies.DualStack)
        from seed in Gen.Choose(0, int.MaxValue)
        select new ClusterOptions
        {
            Services = services,
            EndpointsPerService = endpoints,
            EndpointMix = mix,
            PortsPerService = ports,
            Families = families,
            Seed = (ulong)seed,
        };

    [Fact]
    public void Services_have_what_their_shares_say_and_the_rest_stays_as_it_was()
    {
        ClusterOptions plain = new() { Services = 1000, Families = IpFamilies.DualStack };
        Cluster before = ClusterGenerator.Generate(plain), after = ClusterGenerator.Generate(plain with
        {
            NoEndpointsShare = 0.2, NodePortShare = 0.3, LoadBalancerShare = 0.4, SourceRangesShare = 0.5,
            ExternalIPShare = 0.1, ExternalTrafficLocalShare = 0.5, InternalTrafficLocalShare = 0.25,
        });
        int Count(Func<ClusterService, bool> has) => after.Services.Count(has);
        Assert.InRange(Count(s => s.Ports[0].Endpoints.Count == 0), 150, 250);
        Assert.InRange(Count(s => s.Ports[0].NodePort != 0), 250, 350);
        Assert.InRange(Count(s => s.LoadBalancerIPs.Count == 2), 340, 460);
        Assert.InRange(Count(s => s.LoadBalancerSourceRanges.Count == 4), 150, 250);
        Assert.InRange(Count(s => s.ExternalIPs.Count == 2), 70, 130);
        Assert.InRange(Count(s => s.ExternalTrafficLocal), 250, 380);
        Assert.InRange(Count(s => s.InternalTrafficLocal), 200, 300);
        Assert.All(after.Services, s => Assert.Equal(s.ExternalTrafficLocal && s.LoadBalancerIPs.Count > 0, s.HealthCheckNodePort != 0));
        ushort[] nodePorts = [.. after.Services.SelectMany(s => s.Ports.Select(p => p.NodePort).Append(s.HealthCheckNodePort)).Where(port => port != 0)];
        Assert.Equal(nodePorts.Length, nodePorts.Distinct().Count());
        Assert.Equal(before.Services.Select(s => s.ClusterIPs[0]), after.Services.Select(s => s.ClusterIPs[0]));
        Assert.Equal(before.Services.SelectMany(s => s.Ports).Select(p => (p.Protocol, p.Port)), after.Services.SelectMany(s => s.Ports).Select(p => (p.Protocol, p.Port)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClusterGenerator.Generate(plain with { Services = 3000, NodePortShare = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClusterGenerator.Generate(plain with { LoadBalancerShare = 1.1 }));
    }

    [Fact]
    public void Addresses_are_unique_and_inside_their_ranges() => Property.Check(
        Options,
        options =>
        {
            Cluster cluster = ClusterGenerator.Generate(options);
            HashSet<IPAddress> addresses = [];
            foreach (ClusterNode node in cluster.Nodes)
                Assert.All(node.Addresses, address => Assert.True(addresses.Add(address)));
            foreach (ClusterPod pod in cluster.Pods)
            {
                foreach (IPAddress address in new[] { pod.IPv4, pod.IPv6 }.OfType<IPAddress>())
                {
                    Assert.True(addresses.Add(address));
                    Assert.Contains(pod.Node.PodRanges, range => range.Contains(address));
                    Assert.Contains(cluster.PodRanges, range => range.Contains(address));
                }
            }

            foreach (IPAddress address in cluster.Services.SelectMany(service => service.ClusterIPs))
            {
                Assert.True(addresses.Add(address));
                Assert.Contains(cluster.ServiceRanges, range => range.Contains(address));
            }
        },
        count: 60);

    [Fact]
    public void Endpoints_are_pods_of_the_cluster_and_keys_are_unique() => Property.Check(
        Options,
        options =>
        {
            Cluster cluster = ClusterGenerator.Generate(options);
            int families = options.Families == IpFamilies.DualStack ? 2 : 1;
            Dictionary<IPAddress, ClusterPod> pods = cluster.Pods
                .SelectMany(pod => new[] { pod.IPv4, pod.IPv6 }.OfType<IPAddress>().Select(address => (address, pod)))
                .ToDictionary(pair => pair.address, pair => pair.pod);
            Assert.Equal(options.Services, cluster.Services.Count);
            foreach (ClusterService service in cluster.Services)
            {
                Assert.Equal(families, service.ClusterIPs.Count);
                Assert.Equal(options.PortsPerService, service.Ports.Count);
                foreach (ServicePort port in service.Ports)
                {
                    if (options.EndpointMix == EndpointMix.Fixed)
                        Assert.Equal(options.EndpointsPerService * families, port.Endpoints.Count);
                    Assert.All(port.Endpoints, endpoint => Assert.Equal(pods[endpoint.Address].Node.Name, endpoint.Node));
                    Assert.All(port.Endpoints, endpoint => Assert.Equal(pods[endpoint.Address].Node.Zone, endpoint.Zone));
                }
            }

            int ports = options.Services * options.PortsPerService;
            ServiceKeyV4[] v4 = cluster.ServiceKeysV4();
            ServiceKeyV6[] v6 = cluster.ServiceKeysV6();
            Assert.Equal(options.Families.HasFlag(IpFamilies.IPv4) ? ports : 0, v4.Length);
            Assert.Equal(options.Families.HasFlag(IpFamilies.IPv6) ? ports : 0, v6.Length);
            Assert.Equal(v4.Length, v4.Distinct().Count());
            Assert.Equal(v6.Length, v6.Distinct().Count());
        },
        count: 60);

    [Fact]
    public void Service_keys_name_address_port_and_protocol()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 5, Families = IpFamilies.DualStack, UdpShare = 0.5 });
        for (int i = 0; i < 5; i++)
        {
            ClusterService service = cluster.Services[i];
            ServicePort port = service.Ports[0];
            Assert.Equal($"{service.ClusterIPs[0]}:{port.Port} {port.Protocol}", cluster.ServiceKeysV4()[i].ToString());
            Assert.Equal($"[{service.ClusterIPs[1]}]:{port.Port} {port.Protocol}", cluster.ServiceKeysV6()[i].ToString());
        }
    }

    [Fact]
    public void A_flow_to_a_service_has_the_services_key()
    {
        FlowKeyV4 v4 = new(1, 2, 3, 4, IpProtocol.Udp, zone: 5);
        Assert.Equal(new ServiceKeyV4(2, 4, IpProtocol.Udp), ServiceKeyV4.Of(v4));
        Assert.NotEqual(new ServiceKeyV4(2, 4, IpProtocol.Tcp), ServiceKeyV4.Of(v4));
        IPv6Address address = new(IPAddress.Parse("fd00::1").GetAddressBytes());
        FlowKeyV6 v6 = new(default, address, 3, 4, IpProtocol.Tcp);
        Assert.Equal(new ServiceKeyV6(address, 4, IpProtocol.Tcp), ServiceKeyV6.Of(v6));
    }

    [Fact]
    public unsafe void Keys_are_8_and_20_bytes()
    {
        Assert.Equal(8, sizeof(ServiceKeyV4));
        Assert.Equal(20, sizeof(ServiceKeyV6));
    }

    [Fact]
    public void The_realistic_mix_is_that_of_the_load_test()
    {
        // 5,000 nodes of 30 pods: 8,200 services with 75,000 endpoints, half of them in services of 5.
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 8_200, EndpointMix = EndpointMix.Realistic });
        int[] counts = [.. cluster.Services.Select(service => service.Ports[0].Endpoints.Count).Order()];
        Assert.Equal([5, 30, 250], counts.Distinct());
        Assert.Equal(75, counts.Count(count => count == 250));
        Assert.Equal(625, counts.Count(count => count == 30));
        Assert.Equal(75_000, counts.Sum());
        Assert.Equal(5, counts[counts.Length / 2]);
        Assert.Equal(5_000, cluster.Nodes.Count);
    }

    [Fact]
    public void Shares_are_kept()
    {
        Cluster cluster = ClusterGenerator.Generate(new()
        {
            Services = 2_000,
            EndpointsPerService = 10,
            UdpShare = 0.25,
            AffinityShare = 0.1,
            NotReadyShare = 0.2,
            TerminatingShare = 0.05,
        });
        ServiceEndpoint[] endpoints = [.. cluster.Services.SelectMany(service => service.Ports[0].Endpoints)];
        Assert.Equal(0.25, cluster.Services.Average(service => service.Ports[0].Protocol == IpProtocol.Udp ? 1.0 : 0), 0.03);
        Assert.Equal(0.1, cluster.Services.Average(service => service.ClientAffinitySeconds > 0 ? 1.0 : 0), 0.03);
        Assert.Equal(0.2, endpoints.Average(endpoint => !endpoint.Ready && !endpoint.Serving && !endpoint.Terminating ? 1.0 : 0), 0.01);
        Assert.Equal(0.05, endpoints.Average(endpoint => !endpoint.Ready && endpoint.Serving && endpoint.Terminating ? 1.0 : 0), 0.01);
        Assert.Equal(0.75, endpoints.Average(endpoint => endpoint.Ready && endpoint.Serving ? 1.0 : 0), 0.01);
    }

    [Fact]
    public void The_seed_decides_everything()
    {
        ClusterOptions options = new() { Services = 20, Families = IpFamilies.DualStack };
        Assert.Equal(ClusterGenerator.Generate(options).ServiceKeysV6(), ClusterGenerator.Generate(options).ServiceKeysV6());
        Assert.NotEqual(ClusterGenerator.Generate(options).ServiceKeysV4(), ClusterGenerator.Generate(options with { Seed = 2 }).ServiceKeysV4());
    }

    [Fact]
    public void Nodes_are_spread_over_zones_and_pods_over_nodes()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 100, EndpointsPerService = 3, Nodes = 9, Zones = 3 });
        Assert.Equal(9, cluster.Nodes.Count);
        Assert.All(cluster.Nodes.GroupBy(node => node.Zone), zone => Assert.Equal(3, zone.Count()));
        int[] pods = [.. cluster.Pods.GroupBy(pod => pod.Node.Name).Select(node => node.Count())];
        Assert.Equal(9, pods.Length);
        Assert.True(pods.Max() - pods.Min() <= 1);
    }

    public static TheoryData<string, ClusterOptions> ImpossibleOptions => new()
    {
        { "Services", new() { Services = -1 } },
        { "EndpointsPerService", new() { EndpointsPerService = -1 } },
        { "PortsPerService", new() { PortsPerService = 0 } },
        { "Zones", new() { Zones = 0 } },
        { "Nodes", new() { Nodes = 0 } },
        { "OtherPods", new() { OtherPods = -1 } },
        { "UdpShare", new() { UdpShare = 1.5 } },
        { "AffinityShare", new() { AffinityShare = double.NaN } },
        { "TerminatingShare", new() { TerminatingShare = 0.6, NotReadyShare = 0.6 } },
        { "Families", new() { Families = IpFamilies.None } },
        { "254 addresses", new() { Services = 255, ServiceRangeV4 = IPNetwork.Parse("10.96.0.0/24") } },
        { "do not fit on 1 nodes", new() { Services = 100, EndpointsPerService = 10, Nodes = 1 } },
        { "at most 256 nodes", new() { Nodes = 257, PodRangeV4 = IPNetwork.Parse("10.244.0.0/16") } },
        { "at least one /24", new() { PodRangeV4 = IPNetwork.Parse("10.244.0.0/25") } },
        { "must not overlap", new() { PodRangeV4 = IPNetwork.Parse("10.0.0.0/8") } },
    };

    [Theory]
    [MemberData(nameof(ImpossibleOptions))]
    public void Impossible_clusters_are_refused_with_a_reason(string reason, ClusterOptions options)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => ClusterGenerator.Generate(options));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_service_range_is_used_up()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 254, EndpointsPerService = 0, ServiceRangeV4 = IPNetwork.Parse("10.96.0.0/24") });
        Assert.Equal(254, cluster.ServiceKeysV4().Select(key => key.AddressBe).Distinct().Count());
    }
}
