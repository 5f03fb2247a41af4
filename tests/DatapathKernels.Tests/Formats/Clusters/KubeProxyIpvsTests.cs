using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Ipset;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public class KubeProxyIpvsTests
{
    // The addresses upstream's tests give their fake node; the cases do not name them.
    private static readonly string[] Node = ["127.0.0.1", "::1", "fe80::1", "100.101.102.103", "2001:db8::1:1"];
    private static readonly string[] NodeOfManyAddresses = [.. Node, "100.101.102.104", "100.101.102.105", "2001:db8::1:2"];

    private static readonly ServicePort Http = new() { Name = "http", Port = 80, NodePort = 30_080, Endpoints = [Endpoint("10.244.0.5", "here"), Endpoint("10.244.1.5", "there")] };

    private static readonly ClusterService Web = new()
    {
        Namespace = "ns",
        Name = "web",
        ClusterIPs = [IPAddress.Parse("10.96.0.1")],
        Ports = [Http],
        ExternalIPs = [IPAddress.Parse("198.51.100.1"), IPAddress.Parse("192.168.0.2")],
        LoadBalancerIPs = [IPAddress.Parse("203.0.113.1")],
    };

    private static readonly KubeProxyOptions Here = new()
    {
        NodeName = "here",
        NodeIP = IPAddress.Parse("192.168.0.2"),
        InterfaceAddresses = [IPAddress.Loopback, IPAddress.Parse("192.168.0.2"), IPAddress.Parse("172.16.0.2")],
        PodRange = IPNetwork.Parse("10.244.0.0/16"),
        Order = RulesetOrder.Given,
    };

    public static TheoryData<string> Cases() => Corpus.IsPresent
        ? [.. Directory.GetFiles(Corpus.PathOf("kubeproxy", "cases", "ipvs"), "*.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
        : [];

    [CorpusTheory]
    [MemberData(nameof(Cases))]
    public void Virtual_servers_are_kube_proxys(string file)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllText(Corpus.PathOf("kubeproxy", "cases", "ipvs", file))).RootElement;
        JsonElement model = root.GetProperty("model");
        string[] addresses = file.Contains("multiple-nodeIPs", StringComparison.Ordinal) ? NodeOfManyAddresses : Node;
        KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { InterfaceAddresses = [.. addresses.Select(IPAddress.Parse)] };
        KubeProxyIpvsState state = KubeProxyIpvs.Build(KubernetesModel.Load(model), options);

        Assert.Equal(
            root.GetProperty("expectedIPVS").EnumerateArray().Select(Expected).Order(StringComparer.Ordinal),
            state.Services.Services.Select(Actual).Order(StringComparer.Ordinal));
    }

    [CorpusFact]
    public void There_are_13_cases() => Assert.Equal(13, Cases().Count);

    [Fact]
    public void Every_address_of_a_service_is_a_virtual_server()
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web with { ClientAffinitySeconds = 10_800 }), Here);
        Assert.Equal("""
            -A -t 10.96.0.1:80 -s rr -p 10800
            -a -t 10.96.0.1:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 10.96.0.1:80 -r 10.244.1.5:8080 -m -w 1
            -A -t 198.51.100.1:80 -s rr -p 10800
            -a -t 198.51.100.1:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 198.51.100.1:80 -r 10.244.1.5:8080 -m -w 1
            -A -t 192.168.0.2:80 -s rr -p 10800
            -a -t 192.168.0.2:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 192.168.0.2:80 -r 10.244.1.5:8080 -m -w 1
            -A -t 203.0.113.1:80 -s rr -p 10800
            -a -t 203.0.113.1:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 203.0.113.1:80 -r 10.244.1.5:8080 -m -w 1
            -A -t 192.168.0.2:30080 -s rr -p 10800
            -a -t 192.168.0.2:30080 -r 10.244.0.5:8080 -m -w 1
            -a -t 192.168.0.2:30080 -r 10.244.1.5:8080 -m -w 1
            -A -t 172.16.0.2:30080 -s rr -p 10800
            -a -t 172.16.0.2:30080 -r 10.244.0.5:8080 -m -w 1
            -a -t 172.16.0.2:30080 -r 10.244.1.5:8080 -m -w 1

            """, IpvsSaveWriter.Write(state.Services));
        Assert.Equal(["10.96.0.1", "198.51.100.1", "203.0.113.1"], state.BoundAddresses.Select(address => address.ToString()));

        using IpvsDirector director = new(new IpvsOptions());
        state.Services.AddTo(director);
        Assert.Equal(2, director.Find(IPAddress.Parse("172.16.0.2"), 30_080, IpProtocol.Tcp)!.Scheduler.Count);
    }

    [Fact]
    public void Sets_hold_the_services_of_each_kind()
    {
        ClusterService local = Web with
        {
            Name = "local",
            ClusterIPs = [IPAddress.Parse("10.96.0.2")],
            Ports =
            [
                Http with { Port = 53, Protocol = IpProtocol.Udp, NodePort = 30_053 },
                Http with { Name = "diameter", Port = 3868, Protocol = IpProtocol.Sctp, NodePort = 30_386 },
            ],
            ExternalIPs = [IPAddress.Parse("198.51.100.2")],
            LoadBalancerIPs = [IPAddress.Parse("203.0.113.2")],
            LoadBalancerSourceRanges = [IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("192.168.0.0/24")],
            ExternalTrafficLocal = true,
            HealthCheckNodePort = 31_000,
        };
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web, local), Here);
        Assert.Equal("""
            create KUBE-LOOP-BACK hash:ip,port,ip family inet maxelem 65536
            add KUBE-LOOP-BACK 10.244.0.5,tcp:8080,10.244.0.5
            add KUBE-LOOP-BACK 10.244.0.5,udp:8080,10.244.0.5
            add KUBE-LOOP-BACK 10.244.0.5,sctp:8080,10.244.0.5
            create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 65536
            add KUBE-CLUSTER-IP 10.96.0.1,tcp:80
            add KUBE-CLUSTER-IP 10.96.0.2,udp:53
            add KUBE-CLUSTER-IP 10.96.0.2,sctp:3868
            create KUBE-EXTERNAL-IP hash:ip,port family inet maxelem 65536
            add KUBE-EXTERNAL-IP 192.168.0.2,tcp:80
            add KUBE-EXTERNAL-IP 198.51.100.1,tcp:80
            create KUBE-EXTERNAL-IP-LOCAL hash:ip,port family inet maxelem 65536
            add KUBE-EXTERNAL-IP-LOCAL 198.51.100.2,udp:53
            add KUBE-EXTERNAL-IP-LOCAL 198.51.100.2,sctp:3868
            create KUBE-LOAD-BALANCER hash:ip,port family inet maxelem 65536
            add KUBE-LOAD-BALANCER 203.0.113.1,tcp:80
            add KUBE-LOAD-BALANCER 203.0.113.2,udp:53
            add KUBE-LOAD-BALANCER 203.0.113.2,sctp:3868
            create KUBE-LOAD-BALANCER-FW hash:ip,port family inet maxelem 65536
            add KUBE-LOAD-BALANCER-FW 203.0.113.2,udp:53
            add KUBE-LOAD-BALANCER-FW 203.0.113.2,sctp:3868
            create KUBE-LOAD-BALANCER-LOCAL hash:ip,port family inet maxelem 65536
            add KUBE-LOAD-BALANCER-LOCAL 203.0.113.2,udp:53
            add KUBE-LOAD-BALANCER-LOCAL 203.0.113.2,sctp:3868
            create KUBE-LOAD-BALANCER-SOURCE-IP hash:ip,port,ip family inet maxelem 65536
            add KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.2,udp:53,203.0.113.2
            add KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.2,sctp:3868,203.0.113.2
            create KUBE-LOAD-BALANCER-SOURCE-CIDR hash:ip,port,net family inet maxelem 65536
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.2,udp:53,192.168.0.0/24
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.2,udp:53,198.18.0.0/15
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.2,sctp:3868,192.168.0.0/24
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.2,sctp:3868,198.18.0.0/15
            create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
            add KUBE-NODE-PORT-TCP 30080
            create KUBE-NODE-PORT-LOCAL-TCP bitmap:port range 0-65535
            create KUBE-NODE-PORT-UDP bitmap:port range 0-65535
            add KUBE-NODE-PORT-UDP 30053
            create KUBE-NODE-PORT-LOCAL-UDP bitmap:port range 0-65535
            add KUBE-NODE-PORT-LOCAL-UDP 30053
            create KUBE-NODE-PORT-SCTP-HASH hash:ip,port family inet maxelem 65536
            add KUBE-NODE-PORT-SCTP-HASH 172.16.0.2,sctp:30386
            add KUBE-NODE-PORT-SCTP-HASH 192.168.0.2,sctp:30386
            create KUBE-NODE-PORT-LOCAL-SCTP-HASH hash:ip,port family inet maxelem 65536
            add KUBE-NODE-PORT-LOCAL-SCTP-HASH 172.16.0.2,sctp:30386
            add KUBE-NODE-PORT-LOCAL-SCTP-HASH 192.168.0.2,sctp:30386
            create KUBE-HEALTH-CHECK-NODE-PORT bitmap:port range 0-65535
            add KUBE-HEALTH-CHECK-NODE-PORT 31000
            create KUBE-IPVS-IPS hash:ip family inet maxelem 65536
            add KUBE-IPVS-IPS 10.96.0.1
            add KUBE-IPVS-IPS 10.96.0.2
            add KUBE-IPVS-IPS 198.51.100.1
            add KUBE-IPVS-IPS 198.51.100.2
            add KUBE-IPVS-IPS 203.0.113.1
            add KUBE-IPVS-IPS 203.0.113.2

            """, IpSetSaveWriter.Write(state.Sets, 0));
        Assert.Empty(state.RefusedEntries);
        Assert.DoesNotContain("-m ipvs", state.Rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_ask_the_sets_that_hold_something()
    {
        string rules = KubeProxyIpvs.Build(ClusterOf(Web with { LoadBalancerSourceRanges = [IPNetwork.Parse("198.18.0.0/15")] }), Here with { BaseChains = false }).Rules;
        Assert.Equal("""
            *nat
            :KUBE-SERVICES - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :KUBE-NODE-PORT - [0:0]
            :KUBE-LOAD-BALANCER - [0:0]
            :KUBE-MARK-MASQ - [0:0]
            -A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
            -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
            -A KUBE-SERVICES -m comment --comment "Kubernetes service lb portal" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
            -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
            -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
            -A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
            -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE
            -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
            COMMIT
            *filter
            :KUBE-FORWARD - [0:0]
            :KUBE-NODE-PORT - [0:0]
            :KUBE-PROXY-FIREWALL - [0:0]
            :KUBE-SOURCE-RANGES-FIREWALL - [0:0]
            :KUBE-IPVS-FILTER - [0:0]
            :KUBE-IPVS-OUT-FILTER - [0:0]
            -A KUBE-PROXY-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
            -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN
            -A KUBE-SOURCE-RANGES-FIREWALL -j DROP
            -A KUBE-IPVS-OUT-FILTER -s 203.0.113.1 -m ipvs --vaddr 203.0.113.1 --vproto tcp --vport 80 -j DROP
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN
            -A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT
            COMMIT

            """, rules);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Saved_rules_are_written_as_iptables_saves_them(AddressFamily family)
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 20, EndpointsPerService = 3, Families = IpFamilies.DualStack });
        KubeProxyIpvsState saved = KubeProxyIpvs.Build(cluster, new() { Family = family, Spelling = RulesetSpelling.Save });
        KubeProxyIpvsState restored = KubeProxyIpvs.Build(cluster, new() { Family = family });
        IptablesParseOptions options = new() { Family = family == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6 };

        Ruleset ruleset = Rulesets.Parse(saved.Rules, out IptablesReport report, options);
        Assert.Empty(report.Unknown);
        Assert.Equal(Tables(saved.Rules), Tables(IptablesSaveWriter.Write(ruleset)));
        Assert.Equal(saved.Rules.Split('\n').Length, restored.Rules.Split('\n').Length);
        Rulesets.AssertRoundTrips(Rulesets.Parse(restored.Rules, options));
        Assert.All(saved.Sets.Sets, set => Assert.StartsWith(family == AddressFamily.InterNetwork ? "KUBE-" : "KUBE-6-", set.Name, StringComparison.Ordinal));
        Assert.All(saved.Sets.Sets, set => Assert.InRange(set.Name.Length, 1, 31));

        static string[] Tables(string text) => [.. text[text.IndexOf('*', StringComparison.Ordinal)..].Split("COMMIT\n").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void The_number_of_rules_does_not_grow_with_the_services()
    {
        int few = Count(10), many = Count(2_000);
        Assert.Equal(few, many);

        static int Count(int services) =>
            KubeProxyIpvs.Build(ClusterGenerator.Generate(new() { Services = services, EndpointsPerService = 2 }), new()).Rules.Split('\n').Length;
    }

    [Theory]
    [InlineData(true, false, "! -s 10.244.0.0/16")]
    [InlineData(false, false, "src,dst")]
    [InlineData(true, true, "dst,dst -j KUBE-MARK-MASQ")]
    public void Traffic_to_cluster_ips_is_masqueraded_by_where_it_comes_from(bool detect, bool all, string expected)
    {
        string rules = KubeProxyIpvs.Build(ClusterOf(Web), Here with { DetectLocalTraffic = detect, MasqueradeAll = all, RandomFully = all }).Rules;
        Assert.Contains(expected, rules.Split('\n').Single(line => line.Contains("KUBE-CLUSTER-IP", StringComparison.Ordinal) && line.EndsWith("KUBE-MARK-MASQ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(all, rules.Contains("MASQUERADE --random-fully\n", StringComparison.Ordinal));
    }

    [Fact]
    public void A_local_policy_uses_the_nodes_own_endpoints_and_all_where_it_has_none()
    {
        ClusterService local = Web with { ExternalTrafficLocal = true, InternalTrafficLocal = true };
        Assert.Equal(["10.244.0.5"], ServersOf(Here, "203.0.113.1", 80));
        Assert.Equal(["10.244.0.5"], ServersOf(Here, "10.96.0.1", 80));
        Assert.Equal(["10.244.0.5", "10.244.1.5"], ServersOf(Here with { NodeName = "elsewhere" }, "192.168.0.2", 30_080));

        string[] ServersOf(KubeProxyOptions options, string address, ushort port) =>
            [.. KubeProxyIpvs.Build(ClusterOf(local), options).Services.Find(IpvsServiceId.At(IPAddress.Parse(address), port, IpProtocol.Tcp))!.Servers.Select(server => server.Address.ToString())];
    }

    [Fact]
    public void An_inner_service_of_local_policy_without_endpoints_here_has_no_server()
    {
        ClusterService inner = Web with { InternalTrafficLocal = true, ExternalIPs = [], LoadBalancerIPs = [], Ports = [Http with { NodePort = 0 }] };
        Assert.Empty(KubeProxyIpvs.Build(ClusterOf(inner), Here with { NodeName = "elsewhere" }).Services.Services.Single().Servers);
    }

    [Fact]
    public void Maglev_hashes_ports_too()
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web), Here with { IpvsScheduler = SchedulerKind.MaglevHash });
        Assert.StartsWith("-A -t 10.96.0.1:80 -s mh -b mh-port\n", IpvsSaveWriter.Write(state.Services), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("172.16.0.0/12", "172.16.0.2")]
    [InlineData("fd00::/8", "172.16.0.2 192.168.0.2")]
    [InlineData("0.0.0.0/0", "172.16.0.2 192.168.0.2")]
    [InlineData("10.0.0.0/8", "")]
    public void Node_ports_answer_on_the_addresses_of_the_options(string range, string expected)
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web with { ExternalTrafficLocal = true, HealthCheckNodePort = 31_000 }), Here with { NodePortAddresses = [IPNetwork.Parse(range)] });
        Assert.Equal(expected, string.Join(' ', state.Services.Services.Where(service => service.Id.Port == 30_080).Select(service => service.Id.Address.ToString()).Order(StringComparer.Ordinal)));
        Assert.Equal(expected.Length == 0 ? 0 : 1, state.Sets.Find("KUBE-HEALTH-CHECK-NODE-PORT")!.Count);
    }

    [Fact]
    public void What_a_set_cannot_hold_is_told()
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web with { LoadBalancerSourceRanges = [IPNetwork.Parse("0.0.0.0/0")] }), Here);
        Assert.Equal(["KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.1,tcp:80,0.0.0.0/0"], state.RefusedEntries);
        Assert.Contains("KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN", state.Rules, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_drains_while_it_has_connections()
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web with { ExternalIPs = [], LoadBalancerIPs = [], Ports = [Http with { NodePort = 0 }] }), Here);
        IpvsTable programmed = IpvsSaveParser.Parse("""
            -A -t 10.96.0.1:80 -s rr
            -a -t 10.96.0.1:80 -r 10.244.2.1:8080 -m -w 1
            -a -t 10.96.0.1:80 -r 10.244.2.2:8080 -m -w 1
            -a -t 10.96.0.1:80 -r 10.244.0.5:8080 -m -w 0
            -a -t 10.96.0.1:80 -r 10.244.1.5:8080 -m -w 1
            -A -t 10.96.0.9:80 -s rr
            -A -t [fd00::1]:80 -s rr
            -A -f 7 -s rr
            """, out _);
        IpvsTable synced = state.SyncFrom(programmed, (service, server) => service.Port == 80 && server.Address.Equals(IPAddress.Parse("10.244.2.1")));
        Assert.Equal("""
            -A -t [fd00::1]:80 -s rr
            -A -f 7 -s rr
            -A -t 10.96.0.1:80 -s rr
            -a -t 10.96.0.1:80 -r 10.244.2.1:8080 -m -w 0
            -a -t 10.96.0.1:80 -r 10.244.1.5:8080 -m -w 1
            -a -t 10.96.0.1:80 -r 10.244.0.5:8080 -m -w 1

            """, IpvsSaveWriter.Write(synced));

        IpvsTable again = state.SyncFrom(synced, (_, _) => false);
        Assert.Equal(["10.244.1.5", "10.244.0.5"], again.Services[^1].Servers.Select(server => server.Address.ToString()));
    }

    [Fact]
    public void Datagrams_do_not_keep_a_server()
    {
        KubeProxyIpvsState state = KubeProxyIpvs.Build(ClusterOf(Web with { ExternalIPs = [], LoadBalancerIPs = [], Ports = [Http with { NodePort = 0, Protocol = IpProtocol.Udp }] }), Here);
        IpvsTable synced = state.SyncFrom(IpvsSaveParser.Parse("-A -u 10.96.0.1:80 -s rr\n-a -u 10.96.0.1:80 -r 10.244.2.1:8080 -m\n", out _), (_, _) => true);
        Assert.Equal(["10.244.0.5", "10.244.1.5"], synced.Services[0].Servers.Select(server => server.Address.ToString()));
    }

    [Fact]
    public void A_family_that_is_none_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KubeProxyIpvs.Build(ClusterOf(Web), new() { Family = AddressFamily.Unix }));

    private static Cluster ClusterOf(params ClusterService[] services) => new([], [], services, [], []);

    private static ServiceEndpoint Endpoint(string address, string node) => new() { Address = IPAddress.Parse(address), Port = 8080, Node = node };

    private static string Expected(JsonElement expected)
    {
        JsonElement server = expected.GetProperty("virtualServer");
        IEnumerable<string> destinations = expected.GetProperty("destinations").EnumerateArray()
            .Select(d => $"{IPAddress.Parse(d.GetProperty("Address").GetString()!)} {d.GetProperty("Port")} {d.GetProperty("Weight")}");
        return $"{IPAddress.Parse(server.GetProperty("Address").GetString()!)} {server.GetProperty("Port")} {server.GetProperty("Protocol")} {server.GetProperty("Scheduler")}: {string.Join(", ", destinations.Order(StringComparer.Ordinal))}";
    }

    private static string Actual(IpvsServiceEntry service) =>
        $"{service.Id.Address} {service.Id.Port} {service.Id.Protocol.ToString().ToUpperInvariant()} {(service.Scheduler == SchedulerKind.RoundRobin ? "rr" : "")}: {string.Join(", ", service.Servers.Select(s => $"{s.Address} {s.Port} {s.Weight}").Order(StringComparer.Ordinal))}";
}
