using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>
/// Random clusters, the same traffic through every mode: the same reachability, and the same addresses up to the choice of backend, but for what
/// <see cref="ModeDifference"/> lists. What may be chosen is worked out from the services alone.
/// </summary>
public class DatapathAgreementTests
{
    private const int Connections = 3;

    [Fact]
    public void Every_mode_treats_every_client_of_every_service_alike() => Property.Check(
        RandomServices.Clusters,
        drawn =>
        {
            List<string> failures = [];
            foreach (DatapathMode mode in Enum.GetValues<DatapathMode>())
            {
                using ClusterWire wire = new(drawn.Cluster, new NodeOptions { Mode = mode, Overlay = drawn.Overlay, Connections = 8192, MaglevSize = 251 }, 2);
                int port = 20_000;
                foreach (ServiceQuestion question in Questions(drawn.Cluster))
                {
                    if (Ask(wire, mode, question, ref port) is { } failure)
                        failures.Add($"{mode}: {question}: {failure}");
                }
            }

            Assert.Equal([], failures);
        },
        count: 20);

    private static IEnumerable<ServiceQuestion> Questions(Cluster cluster)
    {
        (ClusterNode here, ClusterNode there) = (cluster.Nodes[0], cluster.Nodes[1]);
        foreach (ClusterService service in cluster.Services)
        {
            foreach (AddressFamily family in service.ClusterIPs.Select(address => address.AddressFamily))
            {
                ServicePort port = service.Ports[0];
                IPAddress pod = cluster.Pods.Where(p => p.Node == here).Select(p => family == AddressFamily.InterNetwork ? p.IPv4 : p.IPv6).OfType<IPAddress>().Last();
                foreach ((FrontendKind kind, IPEndPoint frontend, ClusterNode at) in Frontends(service, port, family, here, there))
                {
                    yield return new(service, port, kind, frontend, at, pod, here);
                    yield return new(service, port, kind, frontend, at, RandomServices.World(family), null);
                }
            }
        }
    }

    private static IEnumerable<(FrontendKind, IPEndPoint, ClusterNode)> Frontends(ClusterService service, ServicePort port, AddressFamily family, ClusterNode here, ClusterNode there)
    {
        yield return (FrontendKind.ClusterIP, new(service.ClusterIP(family)!, port.Port), here);
        foreach (IPAddress address in service.ExternalIPs.Where(address => address.AddressFamily == family))
            yield return (FrontendKind.ExternalIP, new(address, port.Port), here);
        foreach (IPAddress address in service.LoadBalancerIPs.Where(address => address.AddressFamily == family))
            yield return (FrontendKind.LoadBalancerIP, new(address, port.Port), here);
        foreach (ClusterNode node in port.NodePort == 0 ? [] : new[] { here, there })
            yield return (FrontendKind.NodePort, new(node.Addresses.First(address => address.AddressFamily == family), port.NodePort), node);
    }

    /// <summary>Some connections of one client; null when all went as they should.</summary>
    private static string? Ask(ClusterWire wire, DatapathMode mode, ServiceQuestion question, ref int port)
    {
        string? chosen = null;
        for (int i = 0; i < Connections; i++)
        {
            TestPacket first = ServicePackets.First(question.Port.Protocol.ToString().ToLowerInvariant(), $"{question.Client}", $"{question.Frontend.Address}", ++port, question.Frontend.Port);
            Arrival arrival = question.ClientNode is { } node ? wire.FromPod(node, first) : wire.FromWorld(question.At, first);
            Expectation expected = Expectation.Of(mode, question);
            FateKind fate = FateOf(arrival);
            if (expected.Fate != fate)
                return $"expected {expected.Fate}: {arrival.Way}";
            if (fate != FateKind.Delivered)
                continue;
            if (Misplaced(question, expected, arrival) is { } wrong)
                return $"{wrong}: {arrival.Way}";
            chosen ??= $"{arrival.To}";
            if (question.Service.ClientAffinitySeconds > 0 && chosen != $"{arrival.To}")
                return $"first {chosen}, then {arrival.To}: {arrival.Way}";
            if (question.Port.Protocol != IpProtocol.Sctp && expected.IsAnswered(question) && Answered(wire, question, arrival, port) is { } lost)
                return $"answer from {arrival.To} to {arrival.From}: {lost}; asked {arrival.Way}";
        }

        return null;
    }

    private static string? Misplaced(ServiceQuestion question, Expectation expected, Arrival arrival)
    {
        if (!expected.Backends.Contains($"{arrival.To}"))
            return $"reached {arrival.To}";
        if (question.Port.Protocol != IpProtocol.Sctp && !arrival.Packet.ChecksumsAreRight())
            return "wrong checksums";
        bool meetsItself = arrival.To.Address.Equals(question.Client);
        return meetsItself || expected.KeepsSource(question, $"{arrival.To}") == arrival.From.Address.Equals(question.Client) ? null : $"comes from {arrival.From}";
    }

    /// <summary>What another node answered comes as a packet like any other.</summary>
    private static FateKind FateOf(Arrival arrival) =>
        arrival.Bytes.Length > 0 && arrival.Packet.Info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? FateKind.Answered : arrival.Fate.Kind;

    /// <summary>The backend's answer reaches the client in the name it asked; null when it does.</summary>
    private static string? Answered(ClusterWire wire, ServiceQuestion question, Arrival asked, int port)
    {
        Arrival back = wire.FromPod(asked.Node.Node, ServicePackets.Answer(asked));
        FateKind kind = question.IsFromWorld ? FateKind.Forwarded : FateKind.Delivered;
        bool arrived = kind == back.Fate.Kind && $"{question.Frontend}" == $"{back.From}" && $"{new IPEndPoint(question.Client, port)}" == $"{back.To}" && back.Packet.ChecksumsAreRight();
        return arrived ? null : back.Way;
    }

    /// <summary>What a mode does with a question.</summary>
    private sealed record Expectation(FateKind Fate, string[] Backends, DatapathMode Mode)
    {
        public static Expectation Of(DatapathMode mode, ServiceQuestion question)
        {
            string[] backends = BackendsOf(mode, question);
            bool dropped = (question.IsRefusedBySource && (question.HasEndpoints || mode is DatapathMode.Ipvs or DatapathMode.Ebpf)) || (mode == DatapathMode.Ebpf && question is { Kind: FrontendKind.ClusterIP, IsFromWorld: true });
            bool told = !question.HasEndpoints || mode is DatapathMode.Ipvs or DatapathMode.Ebpf;
            return new Expectation(dropped ? FateKind.Dropped : backends.Length > 0 ? FateKind.Delivered : told ? FateKind.Answered : FateKind.Dropped, backends, mode);
        }

        /// <summary>LocalOnly and AllServe in IPVS; in eBPF a pod is outside at a node that is not its own.</summary>
        private static string[] BackendsOf(DatapathMode mode, ServiceQuestion question) => mode switch
        {
            DatapathMode.Ipvs when question.IsLocal => question.Local.Length > 0 ? question.Local : question.IsServiceExternal ? question.Anywhere : [],
            DatapathMode.Ebpf when question.IsExternalLocal && question.IsElsewhere => question.Local,
            _ => question.Backends,
        };

        /// <summary>OwnSourceToLocalBackend and OwnSourceOfPods in eBPF.</summary>
        public bool KeepsSource(ServiceQuestion question, string backend)
        {
            bool isOutside = question.IsFromWorld || question.IsElsewhere;
            if (question.Kind == FrontendKind.ClusterIP)
                return !question.IsFromWorld;
            return question.IsExternalLocal || (Mode == DatapathMode.Ebpf && (!isOutside || question.IsOnNode(backend)));
        }

        /// <summary>False where the answer takes another way than the question, on real nodes too: it went on from a node in the client's own name.</summary>
        public bool IsAnswered(ServiceQuestion question) =>
            !(question.IsExternalLocal && (question.IsElsewhere || (question.IsFromWorld && question.Local.Length == 0)));
    }
}
