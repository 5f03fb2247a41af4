using System.Text.Json;
using System.Text.Json.Nodes;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Kubernetes.Policy;

namespace DatapathKernels.Tests.Generators;

/// <summary>Random clusters and policies as manifests, from so few labels, ports and ranges that they meet often; and packets for them.</summary>
internal sealed class PolicyClusters(Random random)
{
    private static readonly string[] Names = ["http", "dns"], Protocols = ["TCP", "TCP", "UDP", "SCTP"], Keys = ["app", "tier"], Values = ["a", "b"];
    private static readonly string[] RangesV4 = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/24", "10.1.0.4/30", "10.1.1.0/25", "172.16.0.0/30", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.130/32"];
    private static readonly string[] RangesV6 = ["::/0", "fd00::/16", "fd00:1::/64", "fd00:1::4/126", "fd00:1:0:1::/65", "fd00:a::/126", "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::82/128"];
    private static readonly int[] PodPorts = [80, 81, 8080], Ports = [1, 53, 80, 81, 443, 1023, 1024, 8000, 8079, 8080, 65535];

    private readonly List<(IpProtocol Protocol, int Number)> _named = [];

    /// <summary>A list of everything, as JSON.</summary>
    public string Manifests()
    {
        JsonArray items = [];

        // The third namespace has no object.
        for (int i = 0; i < 2; i++)
            items.Add(new JsonObject { ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = $"ns{i}", ["labels"] = Labels() } });

        int pods = random.Next(4, 11), policies = random.Next(0, 9);
        for (int i = 0; i < pods; i++)
            items.Add(Pod(i));
        for (int i = 0; i < policies; i++)
            items.Add(Policy(i));
        return new JsonObject { ["kind"] = "List", ["items"] = items }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    public PolicyFlow Flow()
    {
        bool v6 = random.Next(2) == 0;
        if (_named.Count > 0 && random.Next(3) == 0)
        {
            (IpProtocol named, int number) = _named[random.Next(_named.Count)];
            return new(Address(v6), Address(v6), named, number);
        }

        IpProtocol protocol = random.Next(8) switch
        {
            0 => v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp,
            1 or 2 => IpProtocol.Udp,
            3 => IpProtocol.Sctp,
            _ => IpProtocol.Tcp,
        };
        bool hasPort = protocol is not (IpProtocol.Icmp or IpProtocol.IcmpV6), fragment = hasPort && !v6 && random.Next(10) == 0;
        int port = random.Next(4) switch
        {
            0 => random.Next(65536),
            1 => Pick(PodPorts),
            _ => Math.Clamp(Pick(Ports) + random.Next(-1, 2), 0, 65535),
        };
        return new(Address(v6), Address(v6), protocol, hasPort ? port : null, fragment);
    }

    private string Address(bool v6) => (random.Next(6), v6) switch
    {
        (0, false) => $"172.16.0.{random.Next(1, 5)}",
        (0, true) => $"fd00:a::{random.Next(1, 5)}",
        (1, false) => $"192.0.2.{random.Next(126, 132)}",
        (1, true) => $"2001:db8:0:{random.Next(2)}::{random.Next(0x80, 0x84):x}",
        (_, false) => PodV4(random.Next(10)),
        _ => PodV6(random.Next(10)),
    };

    private static string PodV4(int pod) => $"10.1.{pod % 2}.{pod + 1}";

    private static string PodV6(int pod) => $"fd00:1:0:{pod % 2}::{pod + 1:x}";

    private JsonObject Pod(int pod)
    {
        int node = random.Next(1, 3);
        JsonArray ports = [];
        for (int i = random.Next(4); i > 0; i--)
        {
            (string protocol, int number) = (Pick(Protocols), Pick(PodPorts));
            ports.Add(new JsonObject { ["name"] = Pick(Names), ["protocol"] = protocol, ["containerPort"] = number });
            _named.Add((Enum.Parse<IpProtocol>(protocol, ignoreCase: true), number));
        }

        return new()
        {
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = $"pod{pod}", ["namespace"] = Namespace(), ["labels"] = Labels() },
            ["spec"] = new JsonObject { ["nodeName"] = $"n{node}", ["containers"] = new JsonArray(new JsonObject { ["ports"] = ports }) },
            ["status"] = new JsonObject { ["podIPs"] = Ips(PodV4(pod), PodV6(pod)), ["hostIPs"] = Ips($"172.16.0.{node}", $"fd00:a::{node}") },
        };
    }

    private JsonObject Policy(int policy)
    {
        JsonObject spec = new() { ["podSelector"] = Selector() };
        if (random.Next(3) != 0)
            spec["policyTypes"] = (JsonArray)(random.Next(3) switch { 0 => ["Ingress"], 1 => ["Egress"], _ => ["Ingress", "Egress"] });
        if (random.Next(4) != 0)
            spec["ingress"] = Rules("from");
        if (random.Next(3) != 0)
            spec["egress"] = Rules("to");
        return new()
        {
            ["kind"] = "NetworkPolicy",
            ["apiVersion"] = "networking.k8s.io/v1",
            ["metadata"] = new JsonObject { ["name"] = $"policy{policy}", ["namespace"] = Namespace() },
            ["spec"] = spec,
        };
    }

    private JsonArray Rules(string peers)
    {
        JsonArray rules = [];
        for (int i = random.Next(3); i > 0; i--)
        {
            JsonObject rule = [];
            if (random.Next(5) != 0)
                rule[peers] = Several(Peer);
            if (random.Next(3) != 0)
                rule["ports"] = Several(Port);
            rules.Add(rule);
        }

        return rules;
    }

    private JsonObject Peer()
    {
        int kind = random.Next(5);
        if (kind < 2)
            return new() { ["ipBlock"] = Block(kind == 0 ? RangesV4 : RangesV6) };
        JsonObject peer = [];
        if (kind != 2)
            peer["podSelector"] = Selector();
        if (kind != 3)
            peer["namespaceSelector"] = Selector();
        return peer;
    }

    private JsonObject Block(string[] ranges)
    {
        System.Net.IPNetwork[] all = [.. ranges.Select(range => System.Net.IPNetwork.Parse(range))];
        System.Net.IPNetwork range = all[random.Next(all.Length)];
        JsonArray except = [];
        foreach (System.Net.IPNetwork inside in all.Where(other => other.PrefixLength > range.PrefixLength && range.Contains(other.BaseAddress) && random.Next(4) == 0))
            except.Add(inside.ToString());
        return except.Count == 0 ? new() { ["cidr"] = range.ToString() } : new() { ["cidr"] = range.ToString(), ["except"] = except };
    }

    private JsonObject Port()
    {
        JsonObject port = [];
        if (random.Next(2) == 0)
            port["protocol"] = Pick(Protocols);
        int first = Pick(Ports), last = Pick(Ports);
        switch (random.Next(6))
        {
            case 0:
                break;
            case 1 or 5:
                port["port"] = Pick(Names);
                break;
            case 2 when last >= first:
                port["port"] = first;
                port["endPort"] = last;
                break;
            default:
                port["port"] = first;
                break;
        }

        return port;
    }

    private JsonObject Selector()
    {
        JsonObject selector = [];
        if (random.Next(4) == 0)
            selector["matchLabels"] = new JsonObject { [Pick(Keys)] = Pick(Values) };
        if (random.Next(4) == 0)
            selector["matchExpressions"] = Several(Expression);
        return selector;
    }

    private JsonObject Expression()
    {
        string asked = Pick(["In", "NotIn", "Exists", "DoesNotExist"]);
        JsonObject expression = new() { ["key"] = Pick(Keys), ["operator"] = asked };
        if (asked is "In" or "NotIn")
            expression["values"] = new JsonArray(Pick(Values), Pick(Values));
        return expression;
    }

    private JsonObject Labels()
    {
        JsonObject labels = [];
        foreach (string key in Keys.Where(_ => random.Next(3) == 0))
            labels[key] = Pick(Values);
        return labels;
    }

    private static JsonArray Ips(string v4, string v6) => [new JsonObject { ["ip"] = v4 }, new JsonObject { ["ip"] = v6 }];

    private JsonArray Several(Func<JsonObject> make) => random.Next(3) == 0 ? [make(), make()] : [make()];

    /// <summary>Most pods and policies meet in the first one.</summary>
    private string Namespace() => $"ns{random.Next(3) * random.Next(2)}";

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];
}
