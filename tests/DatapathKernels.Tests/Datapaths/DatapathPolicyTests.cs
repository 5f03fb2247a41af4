using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>The same policies in every mode, as chains or by identity: the same packets arrive, the same are dropped.</summary>
public class DatapathPolicyTests
{
    private const string Namespace = "shop";

    private static readonly string[] Roles = ["web", "db", "job"];

    public static TheoryData<OverlayKind> Overlays => [OverlayKind.None, OverlayKind.Vxlan];

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_mode_lets_the_same_packets_through(OverlayKind overlay)
    {
        Cluster cluster = ClusterGenerator.Generate(new ClusterOptions { Services = 4, EndpointsPerService = 3, Families = IpFamilies.DualStack, Nodes = 2, OtherPods = 8, UdpShare = 0 });
        Dictionary<DatapathMode, ClusterWire> wires = Enum.GetValues<DatapathMode>().ToDictionary(mode => mode, mode => new ClusterWire(cluster, new NodeOptions
        {
            Mode = mode,
            Overlay = overlay,
            Connections = 4096,
            Policies = Policies(cluster),
        }, 2));
        try
        {
            (int allowed, int refused) = Walk(cluster, wires);
            Assert.True(allowed > 20 && refused > 20, $"{allowed} allowed, {refused} refused");
        }
        finally
        {
            foreach (ClusterWire wire in wires.Values)
                wire.Dispose();
        }
    }

    private static (int Allowed, int Refused) Walk(Cluster cluster, Dictionary<DatapathMode, ClusterWire> wires)
    {
        (int allowed, int refused, int port) = (0, 0, 20000);
        foreach (ClusterPod from in cluster.Pods)
        {
            foreach (ClusterPod to in cluster.Pods)
            {
                foreach (int destination in (int[])[5432, 9999])
                {
                    port++;
                    bool v6 = port % 2 == 0;
                    bool expected = MayTalk(cluster, from, to, destination);
                    foreach ((DatapathMode mode, ClusterWire wire) in wires)
                    {
                        Arrival arrival = wire.FromPod(from.Node, TestPacket.Tcp($"{(v6 ? from.IPv6 : from.IPv4)}", $"{(v6 ? to.IPv6 : to.IPv4)}", port, destination));
                        bool arrived = arrival.Fate.Kind == FateKind.Delivered;
                        Assert.True(arrived == expected, $"{mode}: {RoleOf(cluster, from)} {from.IPv4} to {RoleOf(cluster, to)} {to.IPv4} port {destination}: expected {expected}; {arrival.Way}");
                        Assert.True(arrived || arrival.Fate.Reason == DropReason.Policy, $"{mode}: {arrival.Way}");
                    }

                    (allowed, refused) = expected ? (allowed + 1, refused) : (allowed, refused + 1);
                }
            }
        }

        return (allowed, refused);
    }

    /// <summary>What the policies below say, in other words.</summary>
    private static bool MayTalk(Cluster cluster, ClusterPod from, ClusterPod to, int port)
    {
        if (from == to)
            return true;
        bool received = RoleOf(cluster, to) != "db" || (RoleOf(cluster, from) == "web" && port == 5432);
        bool sent = RoleOf(cluster, from) != "job" || RoleOf(cluster, to) == "web";
        return received && sent;
    }

    private static PolicyModel Policies(Cluster cluster)
    {
        List<PolicyPod> pods = [];
        foreach (ClusterPod pod in cluster.Pods)
        {
            pods.Add(new PolicyPod
            {
                Namespace = Namespace,
                Name = $"pod-{pods.Count}",
                Node = pod.Node.Name,
                Labels = new Dictionary<string, string> { ["role"] = RoleOf(cluster, pod) },
                Addresses = [pod.IPv4!, pod.IPv6!],
            });
        }

        NetworkPolicy database = new() { Namespace = Namespace, Name = "db", Pods = Role("db"), AffectsIngress = true, Ingress = [new PolicyRule([new PolicyPeer(Role("web"), null, null)], [new PolicyPort(IpProtocol.Tcp, 5432, 5432)])] };
        NetworkPolicy jobs = new() { Namespace = Namespace, Name = "jobs", Pods = Role("job"), AffectsEgress = true, Egress = [new PolicyRule([new PolicyPeer(Role("web"), null, null)], [])] };
        return new PolicyModel(pods, [database, jobs]);
    }

    private static LabelSelector Role(string role) => new([new LabelRequirement("role", LabelOperator.In, [role])]);

    private static string RoleOf(Cluster cluster, ClusterPod pod) => Roles[Array.IndexOf([.. cluster.Pods], pod) % Roles.Length];
}
