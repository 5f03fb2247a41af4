using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Collects the objects of manifests and joins services with their slices, which may come in any order.</summary>
internal sealed partial class ManifestCluster
{
    private const string ServiceNameLabel = "kubernetes.io/service-name", ZoneLabel = "topology.kubernetes.io/zone";

    private readonly List<ClusterService> _services = [];
    private readonly Dictionary<(string Namespace, string Service, string Port), List<ServiceEndpoint>> _endpoints = [];
    private readonly HashSet<(string Namespace, string Service)> _known = [];
    private readonly HashSet<(string Namespace, string Slice)> _knownSlices = [];
    private readonly List<ClusterNode> _nodes = [];
    private readonly ManifestNotes _notes;

    /// <summary>Collects, with the notes of its own or with those it shares.</summary>
    public ManifestCluster(ManifestNotes? notes = null) => _notes = notes ?? new();

    /// <summary>What was left out, in the order of first occurrence.</summary>
    public IReadOnlyList<ManifestNote> Notes => _notes.All;

    public void Note(string what, int line) => _notes.Add(what, line);

    /// <summary>Adds an object; false when it is of a kind that makes no part of a cluster here.</summary>
    public bool TryAdd(string kind, ManifestNode node)
    {
        switch (kind)
        {
            case "Service":
                AddService(node);
                return true;
            case "EndpointSlice":
                AddSlice(node);
                return true;
            case "Node":
                AddNode(node);
                return true;
            default:
                return false;
        }
    }

    public void AddService(ManifestNode node)
    {
        ManifestNode metadata = node.Get("metadata"), spec = node.Get("spec");
        if (IsForOthers(metadata, node.Line))
            return;
        if (!_known.Add((metadata.Text("namespace"), metadata.Get("name").Text())))
        {
            Note($"Service {metadata.Text("namespace")}/{metadata.Text("name")}: in the file before", node.Line);
            return;
        }

        if (spec.Text("type") == "ExternalName")
        {
            Note("Service of type ExternalName: a name in DNS, which no proxy programs", node.Line);
            return;
        }

        List<IPAddress> addresses = ClusterIPs(spec);
        if (addresses.Count == 0)
            Note("headless Service: no cluster IP, which no proxy programs", node.Line);
        _services.Add(new()
        {
            Namespace = metadata.Text("namespace"),
            Name = metadata.Get("name").Text(),
            ClusterIPs = addresses,
            Ports = spec.Items("ports").ConvertAll(ReadPort),
            ClientAffinitySeconds = Affinity(spec),
            InternalTrafficLocal = IsLocal(spec, "internalTrafficPolicy"),
            ExternalTrafficLocal = IsLocal(spec, "externalTrafficPolicy"),
            TrafficDistribution = Distribution(spec),
            ExternalIPs = spec.Items("externalIPs").ConvertAll(ip => ip.Address()),
            LoadBalancerIPs = LoadBalancerIPs(node),
            LoadBalancerSourceRanges = spec.Items("loadBalancerSourceRanges").ConvertAll(range => range.Range()),
            HealthCheckNodePort = spec.Port("healthCheckNodePort"),
        });
    }

    public void AddNode(ManifestNode node)
    {
        ManifestNode metadata = node.Get("metadata");
        List<IPAddress> addresses = [];
        if (node.TryGet("status", out ManifestNode status))
        {
            foreach (ManifestNode address in status.Items("addresses"))
            {
                if (address.Text("type") is "InternalIP" or "ExternalIP")
                    addresses.Add(address.Get("address").Address());
            }
        }

        List<IPNetwork> ranges = node.TryGet("spec", out ManifestNode spec) ? spec.Items("podCIDRs").ConvertAll(range => range.Range()) : [];
        string zone = metadata.TryGet("labels", out ManifestNode labels) ? labels.Text(ZoneLabel) : "";
        _nodes.Add(new(metadata.Get("name").Text(), zone, addresses, ranges));
    }

    /// <summary>The cluster of everything added.</summary>
    public Cluster Build()
    {
        ClusterService[] services = [.. _services.Select(WithEndpoints)];
        foreach (((string space, string service, string port), _) in _endpoints)
            Note($"EndpointSlice port of {space}/{service}:{port}: no such Service port", 0);
        ServiceEndpoint[] all = [.. services.SelectMany(s => s.Ports).SelectMany(p => p.Endpoints)];
        ClusterNode[] nodes = _nodes.Count > 0 ? [.. _nodes] : [.. all.Where(e => e.Node.Length > 0).DistinctBy(e => e.Node).Select(e => new ClusterNode(e.Node, e.Zone, [], []))];
        Dictionary<string, ClusterNode> byName = nodes.DistinctBy(node => node.Name).ToDictionary(node => node.Name);
        ClusterNode nowhere = new("", "", [], []);
        ClusterPod[] pods = [.. all.DistinctBy(e => e.Address).Select(e => PodOf(e.Address, byName.GetValueOrDefault(e.Node, nowhere)))];
        return new Cluster(nodes, pods, services, PodRanges(nodes), []);
    }

    /// <summary>kube-proxy does not see objects with these labels: another proxy serves them, or none is to.</summary>
    private bool IsForOthers(ManifestNode metadata, int line)
    {
        foreach (string label in (ReadOnlySpan<string>)["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"])
        {
            if (!metadata.TryGet("labels", out ManifestNode labels) || !labels.TryGet(label, out _))
                continue;
            Note($"label {label}: not for kube-proxy", line);
            return true;
        }

        return false;
    }

    /// <summary>The range that holds every node's pods, of each family: what <c>--cluster-cidr</c> would say.</summary>
    private static List<IPNetwork> PodRanges(ClusterNode[] nodes)
    {
        List<IPNetwork> ranges = [];
        foreach (AddressFamily family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            IPNetwork[] parts = [.. nodes.SelectMany(node => node.PodRanges).Where(range => range.BaseAddress.AddressFamily == family)];
            if (parts.Length > 0)
                ranges.Add(parts.Aggregate(Around));
        }

        return ranges;
    }

    private static IPNetwork Around(IPNetwork one, IPNetwork other)
    {
        byte[] left = one.BaseAddress.GetAddressBytes(), right = other.BaseAddress.GetAddressBytes();
        int length = Math.Min(one.PrefixLength, other.PrefixLength), common = 0;
        while (common < length && ((left[common / 8] ^ right[common / 8]) >> (7 - (common % 8)) & 1) == 0)
            common++;
        for (int bit = common; bit < left.Length * 8; bit++)
            left[bit / 8] &= (byte)~(128 >> (bit % 8));
        return new IPNetwork(new IPAddress(left), common);
    }

    private static ClusterPod PodOf(IPAddress address, ClusterNode node) =>
        address.AddressFamily == AddressFamily.InterNetwork ? new(node, address, null) : new(node, null, address);

    private ClusterService WithEndpoints(ClusterService service) => service with
    {
        Ports = [.. service.Ports.Select(port => port with { Endpoints = _endpoints.Remove((service.Namespace, service.Name, port.Name), out List<ServiceEndpoint>? endpoints) ? endpoints : [] })],
    };

    private static List<IPAddress> ClusterIPs(ManifestNode spec)
    {
        List<ManifestNode> all = spec.Items("clusterIPs");
        if (all.Count == 0 && spec.TryGet("clusterIP", out ManifestNode one))
            all.Add(one);
        List<IPAddress> addresses = [];
        foreach (ManifestNode address in all)
        {
            if (address.Text() is not ("None" or ""))
                addresses.Add(address.Address());
        }

        return addresses;
    }

    private static ServicePort ReadPort(ManifestNode port) => new()
    {
        Name = port.Text("name"),
        Protocol = ReadProtocol(port),
        Port = port.TryGet("port", out _) ? port.Port("port") : throw port.Expected("a field port"),
        NodePort = port.Port("nodePort"),
    };

    private static IpProtocol ReadProtocol(ManifestNode port)
    {
        if (!port.TryGet("protocol", out ManifestNode protocol))
            return IpProtocol.Tcp;
        return protocol.Text() switch
        {
            "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            "SCTP" => IpProtocol.Sctp,
            _ => throw protocol.Expected("TCP, UDP or SCTP"),
        };
    }

    private static int Affinity(ManifestNode spec)
    {
        const int kubernetesDefault = 10_800;
        if (!spec.TryGet("sessionAffinity", out ManifestNode affinity) || affinity.Text() == "None")
            return 0;
        if (affinity.Text() != "ClientIP")
            throw affinity.Expected("None or ClientIP");
        return spec.TryGet("sessionAffinityConfig", out ManifestNode config) && config.TryGet("clientIP", out ManifestNode client)
            ? client.Number(kubernetesDefault, "timeoutSeconds")
            : kubernetesDefault;
    }

    private static TrafficDistribution Distribution(ManifestNode spec)
    {
        if (!spec.TryGet("trafficDistribution", out ManifestNode distribution))
            return TrafficDistribution.Default;
        return distribution.Text() switch
        {
            "PreferClose" => TrafficDistribution.PreferClose,
            "PreferSameZone" => TrafficDistribution.PreferSameZone,
            "PreferSameNode" => TrafficDistribution.PreferSameNode,
            _ => throw distribution.Expected("PreferClose, PreferSameZone or PreferSameNode"),
        };
    }

    private static bool IsLocal(ManifestNode spec, string name)
    {
        if (!spec.TryGet(name, out ManifestNode policy))
            return false;
        return policy.Text() switch
        {
            "Local" => true,
            "Cluster" or "" => false,
            _ => throw policy.Expected("Cluster or Local"),
        };
    }

    /// <summary>Ingress points that proxies answer for: with mode Proxy the balancer answers itself.</summary>
    private List<IPAddress> LoadBalancerIPs(ManifestNode node)
    {
        List<IPAddress> addresses = [];
        if (!node.TryGet("status", out ManifestNode status) || !status.TryGet("loadBalancer", out ManifestNode balancer))
            return addresses;
        foreach (ManifestNode ingress in balancer.Items("ingress"))
        {
            if (!ingress.TryGet("ip", out ManifestNode ip))
                Note("load balancer ingress by host name: no address for a proxy to answer for", ingress.Line);
            else if (ingress.Text("ipMode") == "Proxy")
                Note("load balancer ingress of mode Proxy: the balancer answers for its address itself", ingress.Line);
            else
                addresses.Add(ip.Address());
        }

        return addresses;
    }
}
