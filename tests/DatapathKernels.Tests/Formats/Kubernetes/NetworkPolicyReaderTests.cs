using System.Net;
using DatapathKernels.Formats.Kubernetes;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Kubernetes;

/// <summary>NetworkPolicies, Pods and Namespaces from manifests.</summary>
public class NetworkPolicyReaderTests
{
    private const string Policy = "kind: NetworkPolicy\nmetadata: {name: p}\nspec: ";

    [Fact]
    public void A_policy_with_everything()
    {
        NetworkPolicy policy = Assert.Single(Read("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: all, namespace: shop}
            spec:
              podSelector:
                matchLabels: {app: web}
                matchExpressions: [{key: tier, operator: NotIn, values: [b, a]}, {key: old, operator: DoesNotExist}]
              policyTypes: [Ingress, Egress]
              ingress:
              - from:
                - podSelector: {matchLabels: {app: db}}
                  namespaceSelector: {}
                - ipBlock: {cidr: 10.0.0.1/8, except: [10.1.0.0/16]}
                ports:
                - {port: 80}
                - {protocol: UDP, port: dns}
                - {protocol: SCTP, port: 1000, endPort: 2000}
                - {protocol: UDP}
              egress:
              - to: [{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}]
            """, out _).Policies);

        Assert.Equal(("shop/all", true, true), (policy.ToString(), policy.AffectsIngress, policy.AffectsEgress));
        Assert.Equal("!old,app in (web),tier notin (a,b)", policy.Pods.ToString());
        PolicyRule ingress = Assert.Single(policy.Ingress), egress = Assert.Single(policy.Egress);
        Assert.Equal(("app in (db)", "", null), (ingress.Peers[0].Pods?.ToString(), ingress.Peers[0].Namespaces?.ToString(), ingress.Peers[0].Block));
        Assert.Equal("10.0.0.0/8 except 10.1.0.0/16", ingress.Peers[1].Block!.ToString());
        Assert.Equal([new(IpProtocol.Tcp, 80, 80), new(IpProtocol.Udp, 0, 0, "dns"), new(IpProtocol.Sctp, 1000, 2000), PolicyPort.Every(IpProtocol.Udp)], ingress.Ports);
        Assert.Null(egress.Peers[0].Pods);
        Assert.Equal("team", egress.Peers[0].Namespaces!.ToString());
        Assert.Empty(egress.Ports);
    }

    [Theory]
    [InlineData("{podSelector: {}}", true, false)]
    [InlineData("{podSelector: {}, egress: []}", true, false)]
    [InlineData("{podSelector: {}, egress: [{}]}", true, true)]
    [InlineData("{podSelector: {}, policyTypes: []}", true, false)]
    [InlineData("{podSelector: {}, policyTypes: [Egress]}", false, true)]
    [InlineData("{podSelector: {}, policyTypes: [Ingress], egress: [{}]}", true, false)]
    public void Types_that_are_not_given(string spec, bool ingress, bool egress)
    {
        NetworkPolicy policy = Assert.Single(Read(Policy + spec, out _).Policies);
        Assert.Equal((ingress, egress, "default"), (policy.AffectsIngress, policy.AffectsEgress, policy.Namespace));
    }

    [Fact]
    public void A_pod_has_addresses_labels_ports_and_its_namespace()
    {
        PolicyPod pod = Assert.Single(Read("""
            kind: PodList
            items:
            - kind: Pod
              metadata: {name: web, namespace: shop, labels: {app: web, empty: ""}}
              spec:
                nodeName: n1
                containers: [{ports: [{name: http, containerPort: 8080}, {containerPort: 9}]}]
                initContainers:
                - {restartPolicy: Always, ports: [{name: side, protocol: UDP, containerPort: 53}]}
                - {ports: [{name: gone, containerPort: 1}]}
              status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1"}], hostIP: 172.16.0.1}
            ---
            kind: Namespace
            metadata: {name: shop, labels: {team: red}}
            """, out IReadOnlyList<ManifestNote> notes).Pods);

        Assert.Empty(notes);
        Assert.Equal(("shop/web", "n1"), (pod.ToString(), pod.Node));
        Assert.Equal([IPAddress.Parse("10.1.0.1"), IPAddress.Parse("fd00::1")], pod.Addresses);
        Assert.Equal([IPAddress.Parse("172.16.0.1")], pod.HostAddresses);
        Assert.Equal([("app", "web"), ("empty", "")], pod.Labels.Select(label => (label.Key, label.Value)));
        Assert.Equal([("team", "red"), ("kubernetes.io/metadata.name", "shop")], pod.NamespaceLabels.Select(label => (label.Key, label.Value)));
        Assert.Equal([new("http", IpProtocol.Tcp, 8080), new PodPort("side", IpProtocol.Udp, 53)], pod.Ports);
    }

    [Fact]
    public void Each_pod_knows_what_may_pass()
    {
        PolicyModel model = Read("""
            {kind: Pod, metadata: {name: a, labels: {app: a}}, status: {podIP: 10.0.0.1}}
            ---
            {kind: Pod, metadata: {name: b, labels: {app: b}}, status: {podIP: 10.0.0.2}}
            ---
            kind: NetworkPolicy
            metadata: {name: p}
            spec:
              podSelector: {matchLabels: {app: a}}
              ingress: [{from: [{podSelector: {}}, {podSelector: {matchLabels: {app: b}}}, {ipBlock: {cidr: 10.0.0.0/8}}]}, {ports: [{port: 80}]}]
            """, out _);

        Assert.Null(model.PodPolicies[0].Egress);
        Assert.Null(model.PodPolicies[1].Ingress);
        IReadOnlyList<PolicyAllow> ingress = model.PodPolicies[0].Ingress!;
        Assert.Equal((false, "default/a default/b", "10.0.0.0/8"), (ingress[0].IsAnyone, string.Join(' ', ingress[0].Pods), Assert.Single(ingress[0].Blocks).ToString()));
        Assert.Equal((true, 0, 0), (ingress[1].IsAnyone, ingress[1].Pods.Count, ingress[1].Blocks.Count));
    }

    [Fact]
    public void What_policies_do_not_reach_is_left_out_and_named()
    {
        PolicyModel model = Read("""
            {kind: Pod, metadata: {name: a}, spec: {hostNetwork: true}, status: {podIP: 172.16.0.1}}
            ---
            {kind: Pod, metadata: {name: b}}
            ---
            {kind: Pod, metadata: {name: c}, status: {phase: Succeeded, podIP: 10.0.0.1}}
            ---
            {kind: Pod, metadata: {name: d}, status: {phase: Running, podIP: 10.0.0.1}}
            ---
            {kind: Pod, metadata: {name: d}, status: {podIP: 10.0.0.2}}
            ---
            {kind: Pod, metadata: {name: e}, status: {podIP: 10.0.0.1}}
            ---
            {kind: NetworkPolicy, apiVersion: projectcalico.org/v3, metadata: {name: f}}
            ---
            {kind: Service, metadata: {name: g}}
            """, out IReadOnlyList<ManifestNote> notes);

        Assert.Equal(["default/d"], model.Pods.Select(pod => pod.ToString()));
        Assert.Equal(
            [
                ("pod on the host's network: traffic of the node, which policies do not tell apart", 1),
                ("pod without an address: not started yet", 3),
                ("pod that has finished: its address is no longer its own", 5),
                ("Pod default/d: in the file before", 9),
                ("pod with address 10.0.0.1: another pod has it", 11),
                ("NetworkPolicy of projectcalico.org/v3: not of networking.k8s.io/v1", 13),
                ("kind Service: not a NetworkPolicy, Pod or Namespace", 15),
            ],
            notes.Select(note => (note.What, note.Line)));
    }

    [Theory]
    [InlineData(Policy + "{policyTypes: [ingress]}", "m:3:22: expected Ingress or Egress at spec.policyTypes[0], found 'ingress'")]
    [InlineData(Policy + "{ingress: [{from: [{}]}]}", "m:3:26: expected a podSelector, a namespaceSelector or an ipBlock at spec.ingress[0].from[0], found a mapping")]
    [InlineData(Policy + "{ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}", "m:3:53: expected no ipBlock beside selectors at spec.ingress[0].from[0].ipBlock, found a mapping")]
    [InlineData(Policy + "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]}", "m:3:43: expected an address range like 10.0.0.0/8 at spec.ingress[0].from[0].ipBlock.cidr, found '10.0.0.0'")]
    [InlineData(Policy + "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]}", "m:3:43: expected an address range like")]
    [InlineData(Policy + "{ingress: [{from: [{ipBlock: {except: []}}]}]}", "m:3:36: expected a field cidr")]
    [InlineData(Policy + "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}", "m:3:64: expected a smaller range inside 10.0.0.0/8 at spec.ingress[0].from[0].ipBlock.except[0], found '10.0.0.0/8'")]
    [InlineData(Policy + "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/16']}}]}]}", "m:3:64: expected a smaller range inside 10.0.0.0/8")]
    [InlineData(Policy + "{egress: [{ports: [{port: 0}]}]}", "m:3:33: expected a number from 1 to 65535, or the name of a port at spec.egress[0].ports[0].port, found '0'")]
    [InlineData(Policy + "{egress: [{ports: [{port: Web_1}]}]}", "m:3:33: expected a number from 1 to 65535, or the name of a port")]
    [InlineData(Policy + "{egress: [{ports: [{port: 80, endPort: 79}]}]}", "m:3:46: expected an endPort that is not below port")]
    [InlineData(Policy + "{egress: [{ports: [{endPort: 79}]}]}", "m:3:36: expected a port beside endPort")]
    [InlineData(Policy + "{egress: [{ports: [{port: web, endPort: 79}]}]}", "m:3:47: expected no endPort beside a port's name")]
    [InlineData(Policy + "{egress: [{ports: [{protocol: ICMP}]}]}", "m:3:37: expected TCP, UDP or SCTP")]
    [InlineData(Policy + "{podSelector: {matchExpressions: [{key: a, operator: Is}]}}", "m:3:60: expected In, NotIn, Exists or DoesNotExist")]
    [InlineData(Policy + "{podSelector: {matchExpressions: [{key: a, operator: In}]}}", "m:3:41: expected at least one of values with In")]
    [InlineData(Policy + "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", "m:3:41: expected no values with Exists")]
    [InlineData(Policy + "{podSelector: {matchLabels: [a]}}", "m:3:35: expected a mapping at spec.podSelector.matchLabels, found a list")]
    [InlineData("kind: Pod\nmetadata: {name: a}\nstatus: {podIP: 10.0.0.256}", "m:3:17: expected an IP address at status.podIP, found '10.0.0.256'")]
    [InlineData("kind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 0}]}]}", "m:3:46: expected a number from 1 to 65535")]
    [InlineData("a: [", "m:2:1: expected YAML or JSON")]
    public void Errors_name_the_place_and_what_was_expected(string text, string error) =>
        Assert.StartsWith(error, Assert.Throws<ManifestFormatException>(() => Read(text, out _)).Message, StringComparison.Ordinal);

    private static PolicyModel Read(string text, out IReadOnlyList<ManifestNote> notes) => NetworkPolicyReader.Read(new StringReader(text), "m", out notes);
}
