using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>Reads the <c>spec</c> of a NetworkPolicy with the checks of the API server.</summary>
internal static class PolicyManifest
{
    public static NetworkPolicy Read(ManifestNode node, string space, string name)
    {
        ManifestNode spec = node.Get("spec");
        List<ManifestNode> types = spec.Items("policyTypes");
        List<PolicyRule> ingress = spec.Items("ingress").ConvertAll(rule => ReadRule(rule, "from"));
        List<PolicyRule> egress = spec.Items("egress").ConvertAll(rule => ReadRule(rule, "to"));
        return new()
        {
            Namespace = space,
            Name = name,
            Pods = spec.TryGet("podSelector", out ManifestNode selector) ? ReadSelector(selector) : LabelSelector.Everything,

            // Not given, the types are Ingress, and Egress if there are egress rules.
            AffectsIngress = types.Count == 0 || types.Exists(type => IsType(type, "Ingress")),
            AffectsEgress = types.Count == 0 ? egress.Count > 0 : types.Exists(type => IsType(type, "Egress")),
            Ingress = ingress,
            Egress = egress,
        };
    }

    public static IpProtocol ReadProtocol(ManifestNode port)
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

    private static bool IsType(ManifestNode type, string expected) =>
        type.Text() is "Ingress" or "Egress" ? type.Text() == expected : throw type.Expected("Ingress or Egress");

    private static PolicyRule ReadRule(ManifestNode rule, string peers) =>
        new(rule.Items(peers).ConvertAll(ReadPeer), rule.Items("ports").ConvertAll(ReadPort));

    private static PolicyPeer ReadPeer(ManifestNode peer)
    {
        LabelSelector? pods = peer.TryGet("podSelector", out ManifestNode selector) ? ReadSelector(selector) : null;
        LabelSelector? namespaces = peer.TryGet("namespaceSelector", out selector) ? ReadSelector(selector) : null;
        bool selects = pods is not null || namespaces is not null;
        if (!peer.TryGet("ipBlock", out ManifestNode block))
            return selects ? new(pods, namespaces, null) : throw peer.Expected("a podSelector, a namespaceSelector or an ipBlock");
        return selects ? throw block.Expected("no ipBlock beside selectors") : new(null, null, ReadBlock(block));
    }

    private static IpBlock ReadBlock(ManifestNode block)
    {
        IPNetwork network = block.Get("cidr").MaskedRange();
        return new(network, block.Items("except").ConvertAll(item =>
        {
            IPNetwork except = item.MaskedRange();
            return network.Contains(except.BaseAddress) && except.PrefixLength > network.PrefixLength
                ? except
                : throw item.Expected($"a smaller range inside {network}");
        }));
    }

    private static LabelSelector ReadSelector(ManifestNode selector)
    {
        List<LabelRequirement> requirements = [.. selector.Texts("matchLabels").Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value]))];
        requirements.AddRange(selector.Items("matchExpressions").ConvertAll(ReadRequirement));
        return new(requirements);
    }

    private static LabelRequirement ReadRequirement(ManifestNode requirement)
    {
        ManifestNode name = requirement.Get("operator");
        LabelOperator asked = name.Text() switch
        {
            "In" => LabelOperator.In,
            "NotIn" => LabelOperator.NotIn,
            "Exists" => LabelOperator.Exists,
            "DoesNotExist" => LabelOperator.DoesNotExist,
            _ => throw name.Expected("In, NotIn, Exists or DoesNotExist"),
        };
        List<string> values = requirement.Items("values").ConvertAll(value => value.Text());
        if (values.Count > 0 != asked is LabelOperator.In or LabelOperator.NotIn)
            throw requirement.Expected(values.Count > 0 ? $"no values with {asked}" : $"at least one of values with {asked}");
        return new(requirement.Get("key").Text(), asked, values);
    }

    private static PolicyPort ReadPort(ManifestNode port)
    {
        IpProtocol protocol = ReadProtocol(port);
        bool hasEnd = port.TryGet("endPort", out ManifestNode end);
        if (!port.TryGet("port", out ManifestNode number))
            return hasEnd ? throw end.Expected("a port beside endPort") : PolicyPort.Every(protocol);
        string text = number.Text();
        if (IsPortName(text))
            return hasEnd ? throw end.Expected("no endPort beside a port's name") : new(protocol, 0, 0, text);
        if (!ushort.TryParse(text, out ushort first) || first == 0)
            throw number.Expected("a number from 1 to 65535, or the name of a port");
        ushort last = hasEnd ? port.Port("endPort") : first;
        return last >= first ? new(protocol, first, last) : throw end.Expected("an endPort that is not below port");
    }

    /// <summary>IANA_SVC_NAME: up to 15 lower-case letters, digits and single hyphens inside, a letter among them.</summary>
    private static bool IsPortName(string text) =>
        text.Length is > 0 and <= 15 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && text.Any(char.IsAsciiLetterLower)
        && text[0] != '-' && text[^1] != '-' && !text.Contains("--", StringComparison.Ordinal);
}
