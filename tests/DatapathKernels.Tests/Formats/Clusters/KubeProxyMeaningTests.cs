using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>What the written rules do, read back from the text without any of the project's parsers.</summary>
public partial class KubeProxyMeaningTests
{
    private static FsCheck.Gen<(ClusterOptions Cluster, KubeProxyOptions Proxy)> Options =>
        from services in Gen.Choose(0, 20)
        from endpoints in Gen.Choose(0, 9)
        from ports in Gen.Choose(1, 2)
        from notReady in Gen.Elements(0, 0.5, 1)
        from affinity in Gen.Elements(0, 0.5)
        from v6 in Gen.Elements(false, true)
        from spelling in Gen.Elements(RulesetSpelling.Restore, RulesetSpelling.Save)
        from order in Gen.Elements(RulesetOrder.Random, RulesetOrder.Sorted)
        from large in Gen.Elements(0, 1000)
        from seed in Gen.Choose(0, int.MaxValue)
        select (
            new ClusterOptions
            {
                Services = services,
                EndpointsPerService = endpoints,
                PortsPerService = ports,
                NotReadyShare = notReady * 0.6,
                TerminatingShare = notReady * 0.4,
                AffinityShare = affinity,
                UdpShare = 0.3,
                Families = IpFamilies.DualStack,
                Seed = (ulong)seed,
            },
            new KubeProxyOptions
            {
                Family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
                Spelling = spelling,
                Order = order,
                LargeClusterEndpoints = large,
            });

    [Fact]
    public void Every_service_reaches_each_of_its_endpoints_with_equal_probability() => Property.Check(
        Options,
        options =>
        {
            Cluster cluster = ClusterGenerator.Generate(options.Cluster);
            Rules rules = new(KubeProxyIptables.ToText(cluster, options.Proxy));
            foreach (ClusterService service in cluster.Services)
            {
                foreach (ServicePort port in service.Ports)
                {
                    string[] expected = Usable(port, options.Proxy.Family);
                    string key = $"{service.ClusterIP(options.Proxy.Family)} {port.Protocol.ToString().ToLowerInvariant()} {port.Port}";
                    if (expected.Length == 0)
                    {
                        Assert.False(rules.Dispatch.ContainsKey(key));
                        Assert.Contains(key, rules.Rejected);
                        continue;
                    }

                    Assert.DoesNotContain(key, rules.Rejected);
                    double left = 1;
                    Dictionary<string, double> chances = [];
                    foreach ((double probability, string target) in rules.Balancing[rules.Dispatch[key]])
                    {
                        chances.Add(rules.Destinations[target], left * probability);
                        left *= 1 - probability;
                    }

                    Assert.Equal(0, left);
                    Assert.Equal(expected.Order(), chances.Keys.Order());
                    Assert.All(chances.Values, chance => Assert.Equal(1.0 / expected.Length, chance, 8));
                }
            }
        },
        count: 100);

    [Fact]
    public void Every_jump_leads_to_a_declared_chain_and_every_services_chain_is_reached() => Property.Check(
        Options,
        options =>
        {
            foreach (string table in KubeProxyIptables.ToText(ClusterGenerator.Generate(options.Cluster), options.Proxy).Split("COMMIT\n")[..2])
            {
                HashSet<string> declared = [.. Declaration().Matches(table).Select(m => m.Groups[1].Value)];
                HashSet<string> reached = [.. Jump().Matches(table).Select(m => m.Groups[1].Value)];
                Assert.Subset(declared, reached);
                HashSet<string> ofServices = [.. declared.Where(chain => chain.StartsWith("KUBE-SVC-", StringComparison.Ordinal) || chain.StartsWith("KUBE-SEP-", StringComparison.Ordinal))];
                Assert.Subset(reached, ofServices);
                Assert.All(Appended().Matches(table).Select(m => m.Groups[1].Value), chain =>
                    Assert.True(declared.Contains(chain) || !chain.StartsWith("KUBE-", StringComparison.Ordinal)));
            }
        },
        count: 50);

    private static string[] Usable(ServicePort port, AddressFamily family)
    {
        ServiceEndpoint[] mine = [.. port.Endpoints.Where(e => e.Address.AddressFamily == family)];
        ServiceEndpoint[] ready = [.. mine.Where(e => e.Ready)];
        return [.. (ready.Length > 0 ? ready : [.. mine.Where(e => e.Serving && e.Terminating)]).Select(e => new IPEndPoint(e.Address, e.Port).ToString())];
    }

    [GeneratedRegex(@"^:(KUBE-\S+) ", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@" -j (KUBE-\S+)$", RegexOptions.Multiline)]
    private static partial Regex Jump();

    [GeneratedRegex(@"^-A (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Appended();

    /// <summary>The rules of a text, by what they are for.</summary>
    private sealed partial class Rules
    {
        public Rules(string text)
        {
            foreach (string line in text.Split('\n'))
            {
                string chain = Chain().Match(line).Groups[1].Value;
                string target = Target().Match(line).Groups[1].Value;
                if (chain == "KUBE-SERVICES" && line.Contains("--dport", StringComparison.Ordinal))
                {
                    string key = $"{Address().Match(line).Groups[1].Value} {Protocol().Match(line).Groups[1].Value} {Port().Match(line).Groups[1].Value}";
                    if (target == "REJECT")
                        Assert.True(Rejected.Add(key));
                    else
                        Dispatch.Add(key, target);
                }
                else if (chain.StartsWith("KUBE-SVC-", StringComparison.Ordinal) && target.StartsWith("KUBE-SEP-", StringComparison.Ordinal) && !line.Contains("--rcheck", StringComparison.Ordinal))
                {
                    Match probability = Probability().Match(line);
                    if (!Balancing.TryGetValue(chain, out List<(double, string)>? rules))
                        Balancing.Add(chain, rules = []);
                    rules.Add((probability.Success ? double.Parse(probability.Groups[1].Value, CultureInfo.InvariantCulture) : 1, target));
                }
                else if (target == "DNAT")
                {
                    Destinations.Add(chain, line.Split(' ')[^1]);
                }
            }
        }

        public Dictionary<string, string> Dispatch { get; } = [];

        public HashSet<string> Rejected { get; } = [];

        public Dictionary<string, List<(double Probability, string Target)>> Balancing { get; } = [];

        public Dictionary<string, string> Destinations { get; } = [];

        [GeneratedRegex(@"^-A (\S+)")]
        private static partial Regex Chain();

        [GeneratedRegex(@" -j (\S+)")]
        private static partial Regex Target();

        [GeneratedRegex(@" -d ([^\s/]+)")]
        private static partial Regex Address();

        [GeneratedRegex(@" -p (\S+)")]
        private static partial Regex Protocol();

        [GeneratedRegex(@" --dport (\d+)")]
        private static partial Regex Port();

        [GeneratedRegex(@" --probability (\S+)")]
        private static partial Regex Probability();
    }
}
