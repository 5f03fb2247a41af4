using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Ipset;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The sets of kube-proxy's IPVS mode, of one family, and what it puts into them.</summary>
/// <remarks>Source: kubernetes pkg/proxy/ipvs/ipset.go and the table <c>ipsetInfo</c> of proxier.go.</remarks>
internal sealed class KubeIpvsSets
{
    public const string LoopBack = "KUBE-LOOP-BACK", ClusterIP = "KUBE-CLUSTER-IP";
    public const string ExternalIP = "KUBE-EXTERNAL-IP", ExternalIPLocal = "KUBE-EXTERNAL-IP-LOCAL";
    public const string LoadBalancer = "KUBE-LOAD-BALANCER", LoadBalancerFirewall = "KUBE-LOAD-BALANCER-FW", LoadBalancerLocal = "KUBE-LOAD-BALANCER-LOCAL";
    public const string SourceIP = "KUBE-LOAD-BALANCER-SOURCE-IP", SourceRange = "KUBE-LOAD-BALANCER-SOURCE-CIDR";
    public const string NodePortTcp = "KUBE-NODE-PORT-TCP", NodePortLocalTcp = "KUBE-NODE-PORT-LOCAL-TCP";
    public const string NodePortUdp = "KUBE-NODE-PORT-UDP", NodePortLocalUdp = "KUBE-NODE-PORT-LOCAL-UDP";
    public const string NodePortSctp = "KUBE-NODE-PORT-SCTP-HASH", NodePortLocalSctp = "KUBE-NODE-PORT-LOCAL-SCTP-HASH";
    public const string HealthCheck = "KUBE-HEALTH-CHECK-NODE-PORT", BoundAddresses = "KUBE-IPVS-IPS";

    private static readonly (string Name, IpSetKind Kind, string Comment)[] All =
    [
        (LoopBack, IpSetKind.HashIpPortIp, "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"),
        (ClusterIP, IpSetKind.HashIpPort, "Kubernetes service cluster ip + port for masquerade purpose"),
        (ExternalIP, IpSetKind.HashIpPort, "Kubernetes service external ip + port for masquerade and filter purpose"),
        (ExternalIPLocal, IpSetKind.HashIpPort, "Kubernetes service external ip + port with externalTrafficPolicy=local"),
        (LoadBalancer, IpSetKind.HashIpPort, "Kubernetes service lb portal"),
        (LoadBalancerFirewall, IpSetKind.HashIpPort, "Kubernetes service load balancer ip + port for load balancer with sourceRange"),
        (LoadBalancerLocal, IpSetKind.HashIpPort, "Kubernetes service load balancer ip + port with externalTrafficPolicy=local"),
        (SourceIP, IpSetKind.HashIpPortIp, "Kubernetes service load balancer ip + port + source IP for packet filter purpose"),
        (SourceRange, IpSetKind.HashIpPortNet, "Kubernetes service load balancer ip + port + source cidr for packet filter purpose"),
        (NodePortTcp, IpSetKind.BitmapPort, "Kubernetes nodeport TCP port for masquerade purpose"),
        (NodePortLocalTcp, IpSetKind.BitmapPort, "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
        (NodePortUdp, IpSetKind.BitmapPort, "Kubernetes nodeport UDP port for masquerade purpose"),
        (NodePortLocalUdp, IpSetKind.BitmapPort, "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
        (NodePortSctp, IpSetKind.HashIpPort, "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
        (NodePortLocalSctp, IpSetKind.HashIpPort, "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'"),
        (HealthCheck, IpSetKind.BitmapPort, "Kubernetes health check node port"),
        (BoundAddresses, IpSetKind.HashIp, "Kubernetes service IPs bound to kube-ipvs0"),
    ];

    private readonly bool _v6;
    private readonly HashSet<string> _used = [];
    private readonly List<string> _refused = [];

    public KubeIpvsSets(bool v6)
    {
        _v6 = v6;
        foreach ((string name, IpSetKind kind, _) in All)
            Sets.Add(new IpSet(NameOf(name), kind, v6 ? IpFamily.V6 : IpFamily.V4));
    }

    public IpSetCollection Sets { get; } = new();

    /// <summary>Entries that ipset does not take: beyond 65,536 of a set, or a range of all addresses.</summary>
    public IReadOnlyList<string> Refused => _refused;

    /// <summary>The name in the kernel, which has room for 31 characters; the families have sets of their own.</summary>
    public string NameOf(string set)
    {
        const int most = 31;
        if (!_v6)
            return set;
        string name = "KUBE-6-" + set["KUBE-".Length..];
        return name.Length <= most ? name : name[..most];
    }

    public static string CommentOf(string set) => Array.Find(All, one => one.Name == set).Comment;

    /// <summary>False when kube-proxy has put nothing into the set, taken or not: then most of its rules are left out.</summary>
    public bool IsUsed(string set) => _used.Contains(set);

    /// <summary>An address bound to the dummy interface.</summary>
    public void Add(string set, IPAddress address) => Add(set, new IpSetEntry(IpNetwork.ToNumber(address)));

    public void Add(string set, ushort port) => Add(set, IpSetEntry.OfPort(port));

    public void Add(string set, IPAddress address, IpProtocol protocol, ushort port) =>
        Add(set, new IpSetEntry(IpNetwork.ToNumber(address), Protocol: protocol, Port: port));

    public void Add(string set, IPAddress address, IpProtocol protocol, ushort port, IPAddress second) =>
        Add(set, new IpSetEntry(IpNetwork.ToNumber(address), Protocol: protocol, Port: port, Address2: IpNetwork.ToNumber(second)));

    public void Add(string set, IPAddress address, IpProtocol protocol, ushort port, IPNetwork range) =>
        Add(set, new IpSetEntry(IpNetwork.ToNumber(address), 0, protocol, port, IpNetwork.ToNumber(range.BaseAddress), (byte)range.PrefixLength));

    private void Add(string name, IpSetEntry entry)
    {
        IpSet set = Sets.Find(NameOf(name))!;
        _used.Add(name);
        if (set.TryAdd(entry, 0, renew: true) != IpSetStatus.Ok)
            _refused.Add($"{set.Name} {IpSetSaveWriter.Entry(set, entry)}");
    }
}
