using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using FsCheck;
using FsCheck.Fluent;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Clusters of two nodes with services of every kind.</summary>
internal static class RandomServices
{
    /// <summary>Who asks from outside; ranges that let it in, and ranges that do not.</summary>
    public static IPAddress World(AddressFamily family) => IPAddress.Parse(family == AddressFamily.InterNetwork ? "203.0.113.7" : "2001:db8:7::7");

    public static Gen<(Cluster Cluster, OverlayKind Overlay)> Clusters =>
        from families in Gen.Elements(IpFamilies.IPv4, IpFamilies.IPv6, IpFamilies.DualStack)
        from overlay in Gen.Elements(OverlayKind.None, OverlayKind.Vxlan, OverlayKind.Geneve)
        from endpoints in Gen.Choose(1, 4)
        from seed in Gen.Choose(0, int.MaxValue)
        from kinds in Kind.ArrayOf(5)
        select (Build(families, endpoints, (ulong)seed, kinds), overlay);

    private static Gen<ServiceKind> Kind =>
        from protocol in Gen.Elements(IpProtocol.Tcp, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp)
        from hasNodePort in Gen.Elements(false, true)
        from hasExternalIP in Gen.Elements(false, true)
        from hasBalancer in Gen.Elements(false, true)
        from ranges in Gen.Choose(0, 2)
        from affinity in Gen.Elements(0, 0, 600)
        from internalLocal in Gen.Elements(false, false, true)
        from externalLocal in Gen.Elements(false, true)
        from condition in Gen.Choose(0, 5)
        select new ServiceKind(protocol, hasNodePort, hasExternalIP, hasBalancer, ranges, affinity, internalLocal, externalLocal, condition);

    private static Cluster Build(IpFamilies families, int endpoints, ulong seed, ServiceKind[] kinds)
    {
        Cluster made = ClusterGenerator.Generate(new ClusterOptions { Services = kinds.Length, EndpointsPerService = endpoints, Families = families, Nodes = 2, OtherPods = 6, UdpShare = 0, Seed = seed });
        return new Cluster(made.Nodes, made.Pods, [.. made.Services.Select((service, i) => kinds[i].Of(service, i))], made.PodRanges, made.ServiceRanges);
    }

    /// <summary>What a service is drawn to be.</summary>
    private sealed record ServiceKind(
        IpProtocol Protocol, bool HasNodePort, bool HasExternalIP, bool HasBalancer, int Ranges, int Affinity, bool InternalLocal, bool ExternalLocal, int Condition)
    {
        public ClusterService Of(ClusterService service, int number) => service with
        {
            Ports = [.. service.Ports.Select(port => port with { Protocol = Protocol, NodePort = (ushort)(HasNodePort ? 30_000 + number : 0), Endpoints = [.. port.Endpoints.Select(WithCondition).Where(_ => Condition != 0)] })],
            ExternalIPs = HasExternalIP ? [IPAddress.Parse($"192.0.2.{number + 1}"), IPAddress.Parse($"2001:db8:e::{number + 1}")] : [],
            LoadBalancerIPs = HasBalancer ? [IPAddress.Parse($"198.51.100.{number + 1}"), IPAddress.Parse($"2001:db8:f::{number + 1}")] : [],
            LoadBalancerSourceRanges = Ranges switch
            {
                1 => [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("2001:db8:7::/64")],
                2 => [IPNetwork.Parse("192.0.2.0/25"), IPNetwork.Parse("2001:db8:99::/64")],
                _ => [],
            },
            ClientAffinitySeconds = Affinity,
            InternalTrafficLocal = InternalLocal,
            ExternalTrafficLocal = ExternalLocal && (HasNodePort || HasExternalIP || HasBalancer),
        };

        /// <summary>All ready, some going away, all going away, or the first not ready; without endpoints at 0.</summary>
        private ServiceEndpoint WithCondition(ServiceEndpoint endpoint, int place) => Condition switch
        {
            1 => endpoint with { Ready = false, Serving = true, Terminating = true },
            2 when place % 2 == 0 => endpoint with { Ready = false, Serving = true, Terminating = true },
            3 when place < 2 => endpoint with { Ready = false, Serving = false },
            _ => endpoint,
        };
    }
}
