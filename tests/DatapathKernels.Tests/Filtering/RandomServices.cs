using System.Globalization;

namespace DatapathKernels.Tests.Filtering;

/// <summary>
/// nat tables shaped like kube-proxy's over the small world of <see cref="RandomRules"/>: most services are as kube-proxy
/// writes them, the others differ in what may forbid a shortcut.
/// </summary>
internal sealed class RandomServices(Random random)
{
    private const int Services = 14;

    private readonly bool _direct = random.Next(4) == 0;

    /// <summary>Endpoints of every service but the last one; null for any number.</summary>
    public int? Draws { get; init; }

    /// <summary>Some services remember their clients.</summary>
    public bool Affinity { get; init; } = true;

    /// <summary>A table; each call draws other rules for the same chains.</summary>
    public string Text()
    {
        List<string> lines = ["*nat", ":PREROUTING ACCEPT [0:0]", ":SERVICES - [0:0]", ":NODEPORTS - [0:0]", ":MASQ - [0:0]"];
        List<string> rules = ["-A MASQ -j MARK --set-xmark 0x1/0x1", "-A NODEPORTS -p tcp -m tcp --dport 82 -j DNAT --to-destination 10.9.9.1:1"];
        if (!_direct && random.Next(4) == 0)
            rules.Add("-A PREROUTING -p udp -j MARK --set-xmark 0x2/0x2");
        rules.Add("-A PREROUTING -m comment --comment \"service portals\" -j SERVICES");
        if (random.Next(4) == 0)
            rules.Add("-A PREROUTING -p tcp -m tcp --dport 83 -j ACCEPT");
        for (int service = 0; service < Services; service++)
        {
            string key = Key(service);
            if (random.Next(20) == 0)
                rules.Add($"-A SERVICES -s 10.0.0.2/32 -j MASQ");
            if (random.Next(20) == 0)
                rules.Add($"-A SERVICES {Key(random.Next(service + 1))} -j MASQ");
            rules.Add($"-A SERVICES {key} {(random.Next(8) == 0 ? "-g" : "-j")} SVC{service}");
            lines.Add($":SVC{service} - [0:0]");
            AddService(lines, rules, service, key);
        }

        if (random.Next(4) != 0)
            rules.Add($"-A SERVICES {(random.Next(2) == 0 ? "! -d 127.0.0.0/8 " : "")}-m addrtype --dst-type LOCAL -j NODEPORTS");
        return string.Join('\n', [.. lines, .. rules, "COMMIT"]) + "\n";
    }

    // Of the addresses and ports that packets go to: 10.0.0.1 (the node's) to 10.0.0.4, tcp and udp, 80 to 83.
    private static string Key(int service)
    {
        string protocol = service % 2 == 0 ? "tcp" : "udp";
        return $"-d 10.0.0.{1 + (service / 2 % 4)}/32 -p {protocol} -m {protocol} --dport {80 + (service / 8)}";
    }

    private void AddService(List<string> lines, List<string> rules, int service, string key)
    {
        string chain = $"-A SVC{service}", protocol = service % 2 == 0 ? "tcp" : "udp";
        if (random.Next(2) == 0)
            rules.Add($"{chain} {(random.Next(6) == 0 ? Key(service + 1) : key)} ! -s {(random.Next(3) == 0 ? "10.1.0.0/16" : "10.0.0.0/8")} -j MASQ");
        if (random.Next(10) == 0)
            rules.Add($"{chain} -m mark --mark 0x1/0x1 -j ACCEPT");
        if (Affinity && random.Next(12) == 0)
            rules.Add($"{chain} -m recent --rcheck --seconds 60 --name S{service} -j SEP{service}x0");
        int draws = Draws ?? random.Next(random.Next(4) == 0 ? 14 : 4);
        for (int endpoint = 0; endpoint <= draws; endpoint++)
        {
            string name = $"SEP{service}x{endpoint}";
            lines.Add($":{name} - [0:0]");
            string probability = random.Next(10) == 0 ? "0" : (1.0 / (draws - endpoint + 1)).ToString("F10", CultureInfo.InvariantCulture);
            rules.Add(endpoint < draws ? $"{chain} -m statistic --mode random --probability {probability} -j {name}" : $"{chain} -j {name}");
            AddEndpoint(rules, $"-A {name}", protocol, random.Next(2) == 0 ? $"10.1.0.{1 + random.Next(4)}" : "10.9.9.9");
        }
    }

    private void AddEndpoint(List<string> rules, string chain, string protocol, string address)
    {
        if (random.Next(3) != 0)
            rules.Add($"{chain} -s {(random.Next(8) == 0 ? "10.0.0.3" : address)}/32 -j MASQ");
        if (random.Next(12) == 0)
            rules.Add($"{chain} -p {(protocol == "tcp" ? "udp" : "tcp")} -j ACCEPT");
        string port = random.Next(5) == 0 ? "" : $":{8080 + random.Next(4)}";
        string options = random.Next(10) == 0 ? " --persistent" : "";
        rules.Add(random.Next(15) == 0 ? $"{chain} -j RETURN" : $"{chain} -p {protocol} -m {protocol} -j DNAT --to-destination {address}{port}{options}");
    }
}
