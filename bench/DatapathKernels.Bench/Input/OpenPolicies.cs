using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>Policies that isolate every pod of a node and let everything through that the traffic needs: what they cost is what is measured.</summary>
internal static class OpenPolicies
{
    private const string Namespace = "default";

    public static PolicyModel For(Cluster cluster, ClusterNode node)
    {
        Dictionary<string, string> labels = new() { ["app"] = "web" };
        List<PolicyPod> pods = [];
        foreach (ClusterPod pod in cluster.Pods)
        {
            if (pod.Node == node)
                pods.Add(new PolicyPod { Namespace = Namespace, Name = $"web-{pods.Count}", Node = node.Name, Labels = labels, Addresses = [.. new[] { pod.IPv4, pod.IPv6 }.OfType<IPAddress>()] });
        }

        PolicyPeer anybody = new(null, null, new IpBlock(IPNetwork.Parse("0.0.0.0/0"), []));
        PolicyRule web = new([anybody], [PolicyPort.Every(IpProtocol.Tcp), PolicyPort.Every(IpProtocol.Udp)]);
        NetworkPolicy both = new() { Namespace = Namespace, Name = "web", AffectsIngress = true, AffectsEgress = true, Ingress = [web], Egress = [web] };
        return new PolicyModel(pods, [both]);
    }
}
