using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Kubernetes;

/// <summary>The reader of manifests on its own; every kube-proxy case of the corpus goes through it too.</summary>
public class ManifestReaderTests
{
    private const string Yaml = """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Service
          metadata: {name: web, namespace: shop}
          spec:
            type: LoadBalancer
            clusterIP: 10.96.0.5
            clusterIPs: [10.96.0.5, "fd00:96::5"]
            externalTrafficPolicy: Local
            healthCheckNodePort: 31000
            sessionAffinity: ClientIP
            trafficDistribution: PreferSameNode
            sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
            loadBalancerSourceRanges: [" 203.0.113.0/24"]
            externalIPs: [192.0.2.7]
            ports:
            - {name: http, port: 80, nodePort: 30080}
            - {name: dns, port: 53, protocol: UDP}
          status:
            loadBalancer:
              ingress:
              - ip: 198.51.100.1
              - ip: 198.51.100.2
                ipMode: Proxy
              - hostname: lb.example.com
        - apiVersion: v1
          kind: Service
          metadata: {name: away, namespace: shop}
          spec: {type: ExternalName, externalName: example.com}
        - apiVersion: v1
          kind: Pod
          metadata: {name: web-0}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        addressType: IPv4
        metadata:
          name: web-abc
          namespace: shop
          labels: {kubernetes.io/service-name: web}
        ports:
        - {name: http, port: 8080, protocol: TCP}
        endpoints:
        - addresses: [10.1.0.1]
          nodeName: a
          zone: z1
          conditions: {ready: true, serving: true, terminating: false}
          hints: {forZones: [{name: z1}], forNodes: [{name: a}]}
        - addresses: [10.1.0.2]
          conditions: {ready: false, serving: true, terminating: true}
        """;

    [Fact]
    public void A_service_with_everything()
    {
        Cluster cluster = Read(Yaml, out IReadOnlyList<ManifestNote> notes);

        ClusterService service = Assert.Single(cluster.Services);
        Assert.Equal(("shop", "web", 600, true, false, 31_000), (service.Namespace, service.Name, service.ClientAffinitySeconds, service.ExternalTrafficLocal, service.InternalTrafficLocal, service.HealthCheckNodePort));
        Assert.Equal([IPAddress.Parse("10.96.0.5"), IPAddress.Parse("fd00:96::5")], service.ClusterIPs);
        Assert.Equal([IPAddress.Parse("198.51.100.1")], service.LoadBalancerIPs);
        Assert.Equal([IPNetwork.Parse("203.0.113.0/24")], service.LoadBalancerSourceRanges);
        Assert.Equal([IPAddress.Parse("192.0.2.7")], service.ExternalIPs);
        Assert.Equal([(80, 30_080, IpProtocol.Tcp, 2), (53, 0, IpProtocol.Udp, 0)], service.Ports.Select(p => ((int)p.Port, (int)p.NodePort, p.Protocol, p.Endpoints.Count)));
        ServiceEndpoint ready = service.Ports[0].Endpoints[0], draining = service.Ports[0].Endpoints[1];
        Assert.Equal(("a", "z1", "z1", true, (ushort)8080), (ready.Node, ready.Zone, ready.ZoneHints[0], ready.Ready, ready.Port));
        Assert.Equal((TrafficDistribution.PreferSameNode, "a"), (service.TrafficDistribution, Assert.Single(ready.NodeHints)));
        Assert.Equal((false, true, true), (draining.Ready, draining.Serving, draining.Terminating));
        Assert.Equal(
            ["load balancer ingress of mode Proxy: the balancer answers for its address itself", "load balancer ingress by host name: no address for a proxy to answer for", "Service of type ExternalName: a name in DNS, which no proxy programs", "kind Pod: not a Service, EndpointSlice or Node"],
            notes.Select(note => note.What));
        Assert.All(notes, note => Assert.True(note.Line > 0 && note.Count == 1));
    }

    [Fact]
    public void Nodes_come_from_nodes_or_else_from_endpoints()
    {
        Assert.Equal([("a", "z1")], Read(Yaml, out _).Nodes.Select(node => (node.Name, node.Zone)));
        Cluster cluster = Read(Yaml + "\n---\n" + """
            kind: Node
            metadata: {name: b, labels: {topology.kubernetes.io/zone: z2}}
            spec: {podCIDRs: [10.1.0.0/24]}
            status: {addresses: [{type: InternalIP, address: 172.16.0.1}, {type: Hostname, address: b}]}
            """, out _);
        ClusterNode node = Assert.Single(cluster.Nodes);
        Assert.Equal(("b", "z2"), (node.Name, node.Zone));
        Assert.Equal([IPAddress.Parse("172.16.0.1")], node.Addresses);
        Assert.Equal([IPNetwork.Parse("10.1.0.0/24")], node.PodRanges);
    }

    [Theory]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: eighty}]}", "m:3:23: expected a number from 0 to 65535 at spec.ports[0].port, found 'eighty'")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, protocol: TPC}]}", "m:3:37: expected TCP, UDP or SCTP at spec.ports[0].protocol, found 'TPC'")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {ports: [{name: b}]}", "m:3:16: expected a field port at spec.ports[0], found a mapping")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.0.0.256}", "m:3:19: expected an IP address at spec.clusterIP, found '10.0.0.256'")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {externalTrafficPolicy: local}", "m:3:31: expected Cluster or Local at spec.externalTrafficPolicy, found 'local'")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {trafficDistribution: near}", "m:3:29: expected PreferClose, PreferSameZone or PreferSameNode at spec.trafficDistribution, found 'near'")]
    [InlineData("{\"kind\": \"List\", \"items\": 7}", "m:1:27: expected a list at items, found '7'")]
    [InlineData("just words", "m:1:1: expected a mapping, found 'just words'")]
    [InlineData("a: [", "m:2:1: expected YAML or JSON")]
    public void Errors_name_the_place_and_what_was_expected(string text, string error) =>
        Assert.StartsWith(error, Assert.Throws<ManifestFormatException>(() => Read(text, out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_object_that_comes_twice_counts_once()
    {
        string twice = Yaml + "\n---\n" + Yaml;
        Cluster cluster = Read(twice, out IReadOnlyList<ManifestNote> notes);

        Assert.Equal(2, Assert.Single(cluster.Services).Ports[0].Endpoints.Count);
        Assert.Contains(notes, note => note.What == "Service shop/web: in the file before");
        Assert.Contains(notes, note => note.What == "EndpointSlice shop/web-abc: in the file before");
    }

    [Fact]
    public void Objects_labelled_for_other_proxies_are_left_out()
    {
        Cluster cluster = Read("kind: Service\nmetadata: {name: a, labels: {service.kubernetes.io/service-proxy-name: other}}\nspec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}", out IReadOnlyList<ManifestNote> notes);

        Assert.Empty(cluster.Services);
        Assert.Equal("label service.kubernetes.io/service-proxy-name: not for kube-proxy", Assert.Single(notes).What);
    }

    [Fact]
    public void The_pod_range_is_the_one_around_all_nodes()
    {
        Cluster cluster = Read("""
            kind: Node
            metadata: {name: a}
            spec: {podCIDRs: [10.244.0.0/24, "fd00:10:244::/64"]}
            ---
            kind: Node
            metadata: {name: b}
            spec: {podCIDRs: [10.244.3.0/24]}
            """, out _);

        Assert.Equal([IPNetwork.Parse("10.244.0.0/22"), IPNetwork.Parse("fd00:10:244::/64")], cluster.PodRanges);
    }

    [Fact]
    public void Slices_of_unknown_services_are_named()
    {
        Read("kind: EndpointSlice\nmetadata: {name: s, namespace: n, labels: {kubernetes.io/service-name: gone}}\nports: [{port: 80}]\nendpoints: [{addresses: [10.0.0.1]}]", out IReadOnlyList<ManifestNote> notes);
        Assert.Equal("EndpointSlice port of n/gone:: no such Service port", Assert.Single(notes).What);
    }

    private static Cluster Read(string text, out IReadOnlyList<ManifestNote> notes) => ManifestReader.Read(new StringReader(text), "m", out notes);
}
