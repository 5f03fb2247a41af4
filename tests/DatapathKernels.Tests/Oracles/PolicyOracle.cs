using System.Net;
using DatapathKernels.Packets;
using YamlDotNet.RepresentationModel;

namespace DatapathKernels.Tests.Oracles;

/// <summary>
/// What NetworkPolicies allow, asked of the manifests themselves: every policy, rule, peer and port is read anew for every
/// question, as the API's documentation words it. Knows nothing of the reader and the compilers.
/// </summary>
internal sealed class PolicyOracle
{
    private readonly List<YamlNode> _pods = [], _policies = [];
    private readonly Dictionary<string, Dictionary<string, string>> _namespaces = [];

    public PolicyOracle(string manifests)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(manifests));
        foreach (YamlDocument document in stream.Documents)
            Add(document.RootNode);
    }

    /// <summary>Whether a new connection may begin; without a port for protocols that have none, and for later fragments.</summary>
    public bool Allows(IPAddress source, IPAddress destination, IpProtocol protocol, int? destinationPort)
    {
        if (source.Equals(destination))
            return true;
        YamlNode? from = PodAt(source), to = PodAt(destination);
        return (from is null || Allows(from, "Egress", destination, to, to, protocol, destinationPort))
            && (to is null || Allows(to, "Ingress", source, from, to, protocol, destinationPort));
    }

    private bool Allows(YamlNode pod, string direction, IPAddress other, YamlNode? otherPod, YamlNode? destination, IpProtocol protocol, int? port)
    {
        if (Addresses(pod, "hostIP").Contains(other))
            return true;
        bool isolated = false;
        foreach (YamlNode policy in _policies.Where(policy => Namespace(policy) == Namespace(pod)))
        {
            YamlNode spec = Get(policy, "spec")!;
            if (!Selects(Get(spec, "podSelector"), Labels(pod)) || !Types(spec).Contains(direction))
                continue;
            isolated = true;
            if (Items(spec, direction == "Egress" ? "egress" : "ingress").Any(rule => RuleAllows(rule, policy, other, otherPod, destination, protocol, port)))
                return true;
        }

        return !isolated;
    }

    private static string[] Types(YamlNode spec)
    {
        string[] types = [.. Items(spec, "policyTypes").Select(type => type.ToString())];
        return types.Length > 0 ? types : Items(spec, "egress").Any() ? ["Ingress", "Egress"] : ["Ingress"];
    }

    private bool RuleAllows(YamlNode rule, YamlNode policy, IPAddress other, YamlNode? otherPod, YamlNode? destination, IpProtocol protocol, int? port)
    {
        YamlNode[] peers = [.. Items(rule, "from"), .. Items(rule, "to")], ports = [.. Items(rule, "ports")];
        return (peers.Length == 0 || peers.Any(peer => IsPeer(peer, policy, other, otherPod)))
            && (ports.Length == 0 || ports.Any(item => IsPort(item, destination, protocol, port)));
    }

    private bool IsPeer(YamlNode peer, YamlNode policy, IPAddress address, YamlNode? pod)
    {
        if (Get(peer, "ipBlock") is { } block)
            return IsIn(address, Get(block, "cidr")!) && !Items(block, "except").Any(range => IsIn(address, range));
        if (pod is null)
            return false;
        bool inNamespace = Get(peer, "namespaceSelector") is { } namespaces
            ? Selects(namespaces, NamespaceLabels(Namespace(pod)))
            : Namespace(pod) == Namespace(policy);
        return inNamespace && Selects(Get(peer, "podSelector"), Labels(pod));
    }

    private static bool IsPort(YamlNode item, YamlNode? destination, IpProtocol protocol, int? port)
    {
        if (ProtocolOf(item) != protocol)
            return false;
        if (Get(item, "port")?.ToString() is not { } first)
            return true;
        if (port is null)
            return false;
        if (!int.TryParse(first, out int number))
            return destination is not null && NamedPorts(destination, first, protocol).Contains(port.Value);
        return port >= number && port <= int.Parse(Get(item, "endPort")?.ToString() ?? first);
    }

    private static IEnumerable<int> NamedPorts(YamlNode pod, string name, IpProtocol protocol) =>
        Items(Get(pod, "spec"), "containers").SelectMany(container => Items(container, "ports"))
            .Where(port => Get(port, "name")?.ToString() == name && ProtocolOf(port) == protocol)
            .Select(port => int.Parse(Get(port, "containerPort")!.ToString()));

    private static IpProtocol ProtocolOf(YamlNode port) => Get(port, "protocol")?.ToString() switch
    {
        "UDP" => IpProtocol.Udp,
        "SCTP" => IpProtocol.Sctp,
        _ => IpProtocol.Tcp,
    };

    private static bool Selects(YamlNode? selector, Dictionary<string, string> labels) =>
        Texts(selector, "matchLabels").All(label => labels.TryGetValue(label.Key, out string? value) && value == label.Value)
        && Items(selector, "matchExpressions").All(expression =>
        {
            bool there = labels.TryGetValue(Get(expression, "key")!.ToString(), out string? value);
            bool listed = there && Items(expression, "values").Any(item => item.ToString() == value);
            return Get(expression, "operator")!.ToString() switch
            {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => there,
                "DoesNotExist" => !there,
                string unknown => throw new ArgumentException(unknown),
            };
        });

    /// <summary>Bit by bit.</summary>
    private static bool IsIn(IPAddress address, YamlNode range)
    {
        string[] parts = range.ToString().Split('/');
        byte[] left = address.GetAddressBytes(), right = IPAddress.Parse(parts[0]).GetAddressBytes();
        return left.Length == right.Length && Enumerable.Range(0, int.Parse(parts[1])).All(bit => ((left[bit / 8] ^ right[bit / 8]) & (128 >> (bit % 8))) == 0);
    }

    private YamlNode? PodAt(IPAddress address) => _pods.Find(pod => Addresses(pod, "podIP").Contains(address));

    private static IEnumerable<IPAddress> Addresses(YamlNode pod, string name) =>
        Items(Get(pod, "status"), name + "s").Select(item => IPAddress.Parse(Get(item, "ip")!.ToString()));

    private static Dictionary<string, string> Labels(YamlNode pod) => Texts(Get(pod, "metadata"), "labels");

    private Dictionary<string, string> NamespaceLabels(string name) =>
        new(_namespaces.GetValueOrDefault(name) ?? []) { ["kubernetes.io/metadata.name"] = name };

    private static string Namespace(YamlNode node) => Get(Get(node, "metadata"), "namespace")?.ToString() ?? "default";

    private void Add(YamlNode node)
    {
        string kind = Get(node, "kind")!.ToString();
        if (kind == "Pod")
            _pods.Add(node);
        if (kind == "NetworkPolicy")
            _policies.Add(node);
        if (kind == "Namespace")
            _namespaces.Add(Get(Get(node, "metadata"), "name")!.ToString(), Labels(node));
        foreach (YamlNode item in Items(node, "items"))
            Add(item);
    }

    private static YamlNode? Get(YamlNode? node, string name) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static IEnumerable<YamlNode> Items(YamlNode? node, string name) => Get(node, name) is YamlSequenceNode list ? list.Children : [];

    private static Dictionary<string, string> Texts(YamlNode? node, string name) =>
        Get(node, name) is YamlMappingNode mapping ? mapping.Children.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToString()) : [];
}
