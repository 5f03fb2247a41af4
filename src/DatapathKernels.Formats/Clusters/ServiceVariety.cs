using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// What services of a generated cluster have besides a cluster IP, drawn by the shares of the options from a stream of its own: the
/// rest of a cluster is the same whatever the shares are.
/// </summary>
internal sealed class ServiceVariety
{
    // The range of node ports that Kubernetes has unless told otherwise.
    private const int FirstNodePort = 30_000, NodePorts = 2768;

    // One address a service: ranges for benchmarks (RFC 2544) and documentation (RFC 3849).
    private static readonly AddressRange BalancersV4 = new(IPNetwork.Parse("198.18.0.0/16")), BalancersV6 = new(IPNetwork.Parse("2001:db8:18::/64"));
    private static readonly AddressRange ExternalsV4 = new(IPNetwork.Parse("198.19.0.0/16")), ExternalsV6 = new(IPNetwork.Parse("2001:db8:19::/64"));
    private static readonly IPNetwork[] ClientsV4 = [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("203.0.113.0/24")];
    private static readonly IPNetwork[] ClientsV6 = [IPNetwork.Parse("2001:db8:1::/48"), IPNetwork.Parse("2001:db8:2::/48")];

    private readonly ClusterOptions _options;
    private readonly bool _v4, _v6;
    private SeededRandom _random;
    private int _nodePorts;

    public ServiceVariety(ClusterOptions options)
    {
        _options = options;
        _v4 = options.Families.HasFlag(IpFamilies.IPv4);
        _v6 = options.Families.HasFlag(IpFamilies.IPv6);
        _random = new SeededRandom(options.Seed, stream: 5);
    }

    /// <summary>Service number <paramref name="index"/> with what it draws. Seven draws a service, whatever they say.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more node ports, or more addresses, than a cluster can have.</exception>
    public ClusterService Vary(ClusterService service, int index)
    {
        bool isEmpty = Draw(_options.NoEndpointsShare), hasNodePort = Draw(_options.NodePortShare), isBalanced = Draw(_options.LoadBalancerShare);
        bool isRanged = Draw(_options.SourceRangesShare), isExternal = Draw(_options.ExternalIPShare);
        bool isExternalLocal = Draw(_options.ExternalTrafficLocalShare), isInternalLocal = Draw(_options.InternalTrafficLocalShare);
        return service with
        {
            Ports = [.. service.Ports.Select(port => port with { NodePort = hasNodePort ? NextNodePort() : (ushort)0, Endpoints = isEmpty ? [] : port.Endpoints })],
            LoadBalancerIPs = isBalanced ? Addresses(BalancersV4, BalancersV6, index) : [],
            LoadBalancerSourceRanges = isBalanced && isRanged ? [.. _v4 ? ClientsV4 : [], .. _v6 ? ClientsV6 : []] : [],
            ExternalIPs = isExternal ? Addresses(ExternalsV4, ExternalsV6, index) : [],
            ExternalTrafficLocal = isExternalLocal && (hasNodePort || isBalanced || isExternal),
            HealthCheckNodePort = isExternalLocal && isBalanced ? NextNodePort() : (ushort)0,
            InternalTrafficLocal = isInternalLocal,
        };
    }

    private bool Draw(double share) => _random.NextDouble() < share;

    private ushort NextNodePort()
    {
        Require(_nodePorts < NodePorts, nameof(ClusterOptions.NodePortShare), _options.NodePortShare, $"a cluster has {NodePorts} node ports");
        return (ushort)(FirstNodePort + _nodePorts++);
    }

    private List<IPAddress> Addresses(AddressRange v4, AddressRange v6, int index)
    {
        Require(!_v4 || index < v4.Usable, nameof(ClusterOptions.Services), _options.Services, $"{v4.Network} has an address for {v4.Usable} services");
        List<IPAddress> addresses = [];
        if (_v4)
            addresses.Add(v4.At((uint)index + 1));
        if (_v6)
            addresses.Add(v6.At((uint)index + 1));
        return addresses;
    }

    private static void Require(bool condition, string parameter, object actual, string expected)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(parameter, actual, expected);
    }
}
