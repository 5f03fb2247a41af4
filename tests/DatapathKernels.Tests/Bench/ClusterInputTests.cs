using System.IO.Compression;
using System.Net;
using System.Text;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Scenarios;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Bench.Scenarios.Memory;
using DatapathKernels.Bench.Scenarios.Services;
using DatapathKernels.Bench.Scenarios.Updates;
using DatapathKernels.Bench.Scenarios.Zones;
using DatapathKernels.Bench.Suites;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>The reader's own cluster: what is read, what is said, and that every mode is measured on it.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class ClusterInputTests : IDisposable
{
    private const string Services = """
        apiVersion: v1
        kind: List
        items:
        - kind: Node
          metadata: {name: a}
          spec: {podCIDRs: [10.1.0.0/24, "fd00:1::/64"]}
          status: {addresses: [{type: InternalIP, address: 192.168.0.1}, {type: InternalIP, address: "fd00::1"}, {type: Hostname, address: a}]}
        - kind: Node
          metadata: {name: b}
          status: {addresses: [{type: InternalIP, address: 192.168.0.2}, {type: InternalIP, address: "fd00::2"}]}
        - kind: Service
          metadata: {name: web, namespace: shop}
          spec: {clusterIPs: [10.96.0.1, "fd00:96::1"], ports: [{name: http, port: 80}, {name: far, port: 81, protocol: UDP}]}
        - kind: Service
          metadata: {name: dns, namespace: shop}
          spec: {clusterIP: 10.96.0.2, sessionAffinity: ClientIP, ports: [{name: dns, port: 53, protocol: UDP}]}
        - kind: Service
          metadata: {name: api, namespace: shop}
          spec: {clusterIP: 10.96.0.3, ports: [{name: https, port: 443}]}
        - kind: Service
          metadata: {name: headless, namespace: shop}
          spec: {clusterIP: None, ports: [{port: 80}]}
        - kind: Service
          metadata: {name: empty, namespace: shop}
          spec: {clusterIP: 10.96.0.4, ports: [{port: 80}]}
        - kind: Service
          metadata: {name: elsewhere, namespace: shop}
          spec: {clusterIP: 10.96.0.5, internalTrafficPolicy: Local, ports: [{name: x, port: 80}]}
        - kind: Service
          metadata: {name: signals, namespace: shop}
          spec: {clusterIP: 10.96.0.6, ports: [{name: s, port: 80, protocol: SCTP}]}
        - kind: Service
          metadata: {name: name, namespace: shop}
          spec: {type: ExternalName, externalName: example.org}
        - kind: EndpointSlice
          metadata: {name: web-4, namespace: shop, labels: {kubernetes.io/service-name: web}}
          ports: [{name: http, port: 8080}, {name: far, port: 8081, protocol: UDP}, {name: named}]
          endpoints: [{addresses: [10.1.0.11], nodeName: a}, {addresses: [10.77.0.12], nodeName: b}]
        - kind: EndpointSlice
          metadata: {name: web-6, namespace: shop, labels: {kubernetes.io/service-name: web}}
          addressType: IPv6
          ports: [{name: http, port: 8080}, {name: far, port: 8081, protocol: UDP}]
          endpoints: [{addresses: ["fd00:1::11"], nodeName: a}]
        - kind: EndpointSlice
          metadata: {name: dns, namespace: shop, labels: {kubernetes.io/service-name: dns}}
          ports: [{name: dns, port: 5353, protocol: UDP}]
          endpoints: [{addresses: [10.1.0.13], nodeName: a}, {addresses: [10.1.0.14], nodeName: a}]
        - kind: EndpointSlice
          metadata: {name: api, namespace: shop, labels: {kubernetes.io/service-name: api}}
          ports: [{name: https, port: 6443}]
          endpoints: [{addresses: [192.168.0.1], nodeName: a}, {addresses: [192.168.0.2]}]
        - kind: EndpointSlice
          metadata: {name: elsewhere, namespace: shop, labels: {kubernetes.io/service-name: elsewhere}}
          ports: [{name: x, port: 80}]
          endpoints: [{addresses: [10.77.0.12], nodeName: b}]
        - kind: EndpointSlice
          metadata: {name: signals, namespace: shop, labels: {kubernetes.io/service-name: signals}}
          ports: [{name: s, port: 80, protocol: SCTP}]
          endpoints: [{addresses: [10.1.0.13], nodeName: a}]
        - {kind: ConfigMap, metadata: {name: no}}
        """;

    private const string Policies = """
        {"kind": "List", "items": [
          {"kind": "Namespace", "metadata": {"name": "shop"}},
          {"kind": "Pod", "metadata": {"name": "client", "namespace": "shop", "labels": {"app": "client"}}, "spec": {"nodeName": "a"}, "status": {"podIPs": [{"ip": "10.1.0.20"}]}},
          {"kind": "Pod", "metadata": {"name": "shut", "namespace": "shop", "labels": {"app": "shut"}}, "spec": {"nodeName": "a"}, "status": {"podIPs": [{"ip": "10.1.0.21"}]}},
          {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}}, "spec": {"nodeName": "a"}, "status": {"podIPs": [{"ip": "10.1.0.11"}]}},
          {"kind": "NetworkPolicy", "metadata": {"name": "shut", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "shut"}}, "policyTypes": ["Egress"]}},
          {"kind": "NetworkPolicy", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "client"}}}]}]}}
        ]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        foreach (string variable in (string[])[ClusterInput.ServicesVariable, ClusterInput.PoliciesVariable, CaptureInput.Variable])
            Environment.SetEnvironmentVariable(variable, null);
    }

    [Fact]
    public void What_is_measured_and_what_is_not_is_said()
    {
        ClusterInput input = ClusterInput.Load([Write("cluster.yaml", Services)], null);

        Assert.Equal(("a", 7), (input.Node.Name, input.Targets));
        Assert.Equal(
            [
                "cluster: 7 Services, 7 service ports measured, from 4 pod addresses of node a, the one of 2 with the most",
                "cluster: not asked: 1 service ports without a usable endpoint",
                "cluster: not asked: 1 service ports with internalTrafficPolicy Local and no endpoint on node a",
                "cluster.yaml: left out: headless Service: no cluster IP, which no proxy programs (line 20)",
                "cluster.yaml: left out: Service of type ExternalName: a name in DNS, which no proxy programs (line 32)",
                "cluster.yaml: left out: EndpointSlice port without a number: for consumers that are not proxies (line 37)",
                "cluster.yaml: left out: kind ConfigMap: not a Service, EndpointSlice, Node, NetworkPolicy, Pod or Namespace (line 60)",
            ],
            input.Notes);
        Assert.All(input.Groups, group => Assert.All(group.Targets, target => Assert.Equal(group.Client.AddressFamily, target.Address.AddressFamily)));
    }

    [Fact]
    public void Policies_are_asked_about_every_pair_and_the_refused_are_counted()
    {
        ClusterInput input = ClusterInput.Load([Write("cluster.yaml", Services)], [Write("policies.json", Policies)]);

        Assert.DoesNotContain(input.Groups, group => group.Client.Equals(IPAddress.Parse("10.1.0.21")));
        Assert.All(input.Groups.Where(group => group.Targets.Any(target => target.Address.ToString() == "10.96.0.1")), group => Assert.Equal("10.1.0.20", $"{group.Client}"));
        Assert.Contains("policies: 2 NetworkPolicies over 3 pods; they isolate 2 pods of node a", input.Notes);
        Assert.Contains(input.Notes, note => note.StartsWith("policies: ", StringComparison.Ordinal) && note.EndsWith("are let through to every endpoint; these are measured", StringComparison.Ordinal));
    }

    [Fact]
    public void A_service_of_local_policy_is_changed_in_both_of_its_chains()
    {
        const string local = """
            {kind: Node, metadata: {name: a}, spec: {podCIDRs: [10.1.0.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
            ---
            {kind: Service, metadata: {name: web}, spec: {type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.1, ports: [{name: http, port: 80, nodePort: 30080}]}}
            ---
            {kind: EndpointSlice, metadata: {name: web, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, ports: [{name: http, port: 8080}], endpoints: [{addresses: [10.1.0.11], nodeName: a}, {addresses: [10.1.0.12], nodeName: a}]}
            """;
        ClusterInput input = ClusterInput.Load([Write("local.yaml", local)], null);

        Assert.NotNull(RuleUpdate.Measure(new MeasuredUserNode(input, DatapathMode.IptablesIndexed), phaseMs: 1).Change);
    }

    [Theory]
    [InlineData(DatapathMode.Iptables)]
    [InlineData(DatapathMode.IptablesIndexed)]
    [InlineData(DatapathMode.Nftables)]
    [InlineData(DatapathMode.Ipvs)]
    [InlineData(DatapathMode.Ebpf)]
    public void New_connections_of_UDP_alone_end_before_they_fill_a_table(DatapathMode mode)
    {
        const string dns = """
            {kind: Node, metadata: {name: a}, spec: {podCIDRs: [10.1.0.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
            ---
            {kind: Service, metadata: {name: dns}, spec: {clusterIP: 10.96.0.10, ports: [{name: dns, port: 53, protocol: UDP}]}}
            ---
            {kind: EndpointSlice, metadata: {name: dns, labels: {kubernetes.io/service-name: dns}}, addressType: IPv4, ports: [{name: dns, port: 53, protocol: UDP}], endpoints: [{addresses: [10.1.0.11], nodeName: a}, {addresses: [10.1.0.12], nodeName: a}]}
            """;
        using MeasuredUserNode node = new(ClusterInput.Load([Write("dns.yaml", dns)], null), mode);

        for (int batch = 0; batch < 100; batch++)
            Assert.True(node.First() > 0, "a batch whose packets all reach a backend");
    }

    [Theory]
    [InlineData(DatapathMode.IptablesIndexed)]
    [InlineData(DatapathMode.Ebpf)]
    public void More_connections_than_pairs_are_opened_from_other_ports(DatapathMode mode)
    {
        ClusterInput input = ClusterInput.Load([Write("cluster.yaml", Services)], null);
        int most = ClusterTraffic.MostKnown(input.Groups);
        Assert.InRange(most, 4 * 4096, int.MaxValue);

        using MeasuredUserNode node = new(input, mode, most);

        Assert.Equal(most, node.Known);
        Assert.True(node.Node.Connections is null || node.Node.Connections.Count >= most);
        Assert.True(node.Established() > 0);
    }

    [Fact]
    public void A_cluster_of_IPv6_and_one_pod_a_node_is_changed_in_every_mode_and_grows_as_far_as_ports_go()
    {
        const string only6 = """
            {kind: Node, metadata: {name: a}, spec: {podCIDRs: ["fd00:1::/64"]}, status: {addresses: [{type: InternalIP, address: "fd00::1"}]}}
            ---
            {kind: Node, metadata: {name: b}, spec: {podCIDRs: ["fd00:2::/64"]}, status: {addresses: [{type: InternalIP, address: "fd00::2"}]}}
            ---
            {kind: Service, metadata: {name: web}, spec: {clusterIPs: ["fd00:96::1"], ports: [{name: http, port: 80}]}}
            ---
            {kind: EndpointSlice, metadata: {name: web, labels: {kubernetes.io/service-name: web}}, addressType: IPv6, ports: [{name: http, port: 8080}], endpoints: [{addresses: ["fd00:1::11"], nodeName: a}, {addresses: ["fd00:2::12"], nodeName: b}]}
            """;
        ClusterInput input = ClusterInput.Load([Write("six.yaml", only6)], null);

        foreach (DatapathMode mode in DatapathModes.All)
        {
            UpdateCost cost = RuleUpdate.Measure(new MeasuredUserNode(input, mode), phaseMs: 1);
            Assert.Equal(mode is DatapathMode.IptablesIndexed or DatapathMode.Ipvs or DatapathMode.Ebpf, cost.Change is not null);
        }

        ScenarioRecord memory = new WorkingSet().Run(new ScenarioContext { Input = new UserInput(null, input, null) });
        Assert.Matches("^The reader's own cluster, with 1 service ports asked; its pods have ports for [0-9,]+ connections, larger sizes were left out$", memory.Findings[0]);
        Assert.Equal(["992", "9,984"], memory.Tables[0].Rows.Select(row => row[0]));
    }

    [Theory]
    [InlineData(DatapathMode.Iptables, OverlayKind.None)]
    [InlineData(DatapathMode.IptablesVector, OverlayKind.Vxlan)]
    [InlineData(DatapathMode.IptablesIndexed, OverlayKind.None)]
    [InlineData(DatapathMode.Nftables, OverlayKind.Geneve)]
    [InlineData(DatapathMode.Ipvs, OverlayKind.Vxlan)]
    [InlineData(DatapathMode.Ebpf, OverlayKind.Geneve)]
    public void Every_connection_opens_in_every_mode_with_policies_and_without(DatapathMode mode, OverlayKind overlay)
    {
        UserInput.Check(new BenchOptions { ServiceFiles = [Write("cluster.yaml", Services)], PolicyFiles = [Write("policies.json", Policies)] });
        Assert.Equal([false, true], UserClusterBench.Policies);
        foreach (bool policy in UserClusterBench.Policies)
        {
            using UserClusterBench bench = new() { Mode = mode, Overlay = overlay, Policy = policy };
            bench.Setup();
        }
    }

    [Fact]
    public void Scenarios_answer_for_it()
    {
        ScenarioContext context = new() { Input = UserInput.Check(new BenchOptions { ServiceFiles = [Write("cluster.yaml", Services)], PolicyFiles = [Write("policies.json", Policies)] }) };

        ScenarioRecord share = new ConnectionShare().Run(context);
        Assert.Equal("The reader's own cluster, with 7 service ports asked and its policies", share.Findings[0]);
        Assert.Equal(DatapathModes.All.Count, Assert.Single(share.Charts).Series.Count);

        ScenarioRecord update = new RuleUpdate().Run(context);
        Assert.Equal(share.Findings[0], update.Findings[0]);
        Assert.StartsWith("Iptables at 7 Services: a full reload takes ", update.Findings[1], StringComparison.Ordinal);

        ScenarioRecord memory = new WorkingSet().Run(context);
        Assert.Equal(share.Findings[0], memory.Findings[0]);
        Assert.Equal(["992", "9,984", "100,000"], memory.Tables[0].Rows.Select(row => row[0]));

        ScenarioRecord zones = new ZonesScenario().Run(context);
        Assert.Equal("6 service ports on 2 nodes in 0 known zones: no packet can be said to cross", zones.Findings[0]);
        Assert.Equal(4, Assert.Single(zones.Tables).Rows.Count);
    }

    [Fact]
    public void Nodes_and_addresses_that_no_manifest_names_are_made_up_and_said()
    {
        string services = string.Join('\n', Services.Split('\n').Where(line => !line.Contains("kind: Node", StringComparison.Ordinal)));
        services = services[..services.IndexOf("  metadata: {name: a}", StringComparison.Ordinal)] + services[services.IndexOf("- kind: Service", StringComparison.Ordinal)..];
        UserInput.Check(new BenchOptions { ServiceFiles = [Write("named.yaml", services)] });
        Assert.Contains("cluster: node without an address: given one of the ranges for benchmarks (1 more)", ClusterInput.FromEnvironment().Notes);
        using (UserClusterBench bench = new() { Mode = DatapathMode.Ipvs })
            bench.Setup();

        UserInput.Check(new BenchOptions { ServiceFiles = [Write("unnamed.yaml", services.Replace(", nodeName: a", "", StringComparison.Ordinal).Replace(", nodeName: b", "", StringComparison.Ordinal))] });
        Assert.Contains("cluster: no node named: one stands for all, with every endpoint on it", ClusterInput.FromEnvironment().Notes);
        using (UserClusterBench bench = new() { Mode = DatapathMode.Iptables })
            bench.Setup();
    }

    [Fact]
    public void Services_are_drawn_as_often_as_a_capture_has_packets_to_them()
    {
        CaptureInput capture = CaptureInput.Load(Capture("10.96.0.2", 53, "10.1.0.13", 5353, "1.1.1.1", 53));

        ClusterInput input = ClusterInput.Load([Write("cluster.yaml", Services)], null, capture);

        Assert.All(input.Groups, group => Assert.All(group.Targets, target => Assert.Equal("10.96.0.2", $"{target.Address}")));
        Assert.Contains("cluster: 2 of the capture's 3 packets go to 1 of the services, which are drawn as often", input.Notes);
        Assert.Contains(
            "cluster: none of the capture's 1 packets goes to one of the services; they are drawn evenly",
            ClusterInput.Load([Write("cluster.yaml", Services)], null, CaptureInput.Load(Capture("1.1.1.1", 53))).Notes);
    }

    [Fact]
    public void Several_files_packed_or_not_are_one_cluster()
    {
        string[] parts = Services.Split("- kind: EndpointSlice", 2);
        string packed = Path.Combine(_folder, "slices.yaml.gz");
        using (GZipStream stream = new(File.Create(packed), CompressionMode.Compress))
            stream.Write(Encoding.UTF8.GetBytes("kind: List\nitems:\n- kind: EndpointSlice" + parts[1]));

        Assert.Equal(7, ClusterInput.Load([Write("services.yaml", parts[0]), packed], null).Targets);
    }

    [Theory]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.0.0.300, ports: []}", @"bad\.yaml:3:19: expected an IP address at spec\.clusterIP, found '10\.0\.0\.300'")]
    [InlineData("{\"kind\": \"List\", \"items\": [", @"bad\.yaml:\d+:\d+: expected YAML or JSON")]
    [InlineData("*filter\n:INPUT ACCEPT\n", @"bad\.yaml:\d+:\d+: expected ")]
    [InlineData("", @"bad\.yaml: no Service in it that a proxy programs; expected Services and EndpointSlices as kubectl prints them")]
    [InlineData("kind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.0.0.3, ports: [{port: 80}]}", @"bad\.yaml: no Service with a cluster IP, a usable endpoint and a pod on node node to ask for it; expected at least one")]
    [InlineData("kind: \u0001Service", @"bad\.yaml: byte 6: expected manifests as kubectl prints them, found the byte 0x01, which no text has")]
    [InlineData("\u001f\u008b", @"bad\.yaml")]
    public void A_bad_file_is_one_line_that_names_it_and_what_was_expected(string text, string expected)
    {
        BadInputException wrong = Assert.Throws<BadInputException>(() => ClusterInput.Load([Write("bad.yaml", text)], null));

        Assert.Matches(expected, wrong.Message);
        Assert.Contains("expected", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Fact]
    public void Policies_without_policies_and_policies_that_let_nothing_through_are_refused()
    {
        string services = Write("cluster.yaml", Services), none = Write("none.yaml", "kind: Namespace\nmetadata: {name: shop}");
        Assert.Contains("no NetworkPolicy", Assert.Throws<BadInputException>(() => ClusterInput.Load([services], [none])).Message, StringComparison.Ordinal);

        string pods = string.Join("\n---\n", ((string[])["10.1.0.11", "10.1.0.13", "10.1.0.14", "fd00:1::11"]).Select((ip, i) => $"kind: Pod\nmetadata: {{name: p{i}}}\nspec: {{nodeName: a}}\nstatus: {{podIP: \"{ip}\"}}"));
        string shut = Write("shut.yaml", pods + "\n---\nkind: NetworkPolicy\nmetadata: {name: shut}\nspec: {podSelector: {}, policyTypes: [Egress]}");
        Assert.Contains("the policies let no pod of node a through", Assert.Throws<BadInputException>(() => ClusterInput.Load([services], [shut])).Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, name == "bad.yaml" ? Encoding.Latin1 : Encoding.UTF8);
        return path;
    }

    private string Capture(params object[] targets)
    {
        string path = Path.Combine(_folder, "some.pcap");
        byte[] frame = new byte[FirstPacket.MaxBytes];
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.PcapMicroseconds, LinkType.Ethernet);
        for (int i = 0; i < targets.Length; i += 2)
        {
            int length = FirstPacket.Write(frame, IpFamily.V4, 1, IpNetwork.ToNumber(IPAddress.Parse((string)targets[i])), 3, (ushort)(int)targets[i + 1], IpProtocol.Udp);
            writer.Write(frame.AsSpan(0, length), i);
        }

        return path;
    }
}
