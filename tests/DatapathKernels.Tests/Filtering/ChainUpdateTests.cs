using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Chains replaced, added and removed in an indexed matcher: it must equal one compiled afresh, whatever came before.</summary>
public class ChainUpdateTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void After_any_sequence_of_replacements_it_equals_a_fresh_one(int seed, bool v6)
    {
        Random random = new(seed);
        for (int round = 0; round < 15; round++)
        {
            Ruleset model = Parse(random, v6, random.Next(1, 40));
            using IndexedMatcher matcher = new(model, MatcherHarness.Node);
            for (int update = 0; update < 12; update++)
            {
                Table changed = new(TableKind.Nat);
                Ruleset other = Parse(random, v6, random.Next(1, 40));
                foreach (string name in RandomRules.Chains)
                {
                    if (random.Next(3) == 0)
                        Copy(other.Find(TableKind.Nat, name)!, changed.Add(name));
                }

                // A chain that comes with one update and goes with the next.
                bool added = model.Find(TableKind.Nat, "D") is not null;
                string[] removed = added ? ["D"] : [];
                if (!added)
                    Copy(other.Find(TableKind.Nat, "C")!, changed.Add("D"));
                Assert.True(matcher.TryReplace(changed, removed));
                model = Replaced(model, changed, removed);

                using LinearMatcher fresh = new(Sorted(model), MatcherHarness.Node);
                matcher.ResetCounters();
                fresh.ResetCounters();
                RandomRules.CompareAnswers(fresh, matcher, random, v6, packets: 128, burst: update % 2 == 0);
                Rulesets.AssertSame(Sorted(fresh.Snapshot()), Sorted(matcher.Snapshot()));
            }
        }
    }

    /// <summary>What kube-proxy sends after a change, put into a matcher, makes the rules it would write from nothing.</summary>
    [Fact]
    public void Updates_of_kube_proxy_make_what_a_fresh_load_makes()
    {
        int applied = 0;
        Property.Check(Gen.Choose(0, int.MaxValue), seed => applied += ApplyUpdates(seed), count: 15);
        Assert.True(applied > 15, $"only {applied} updates found room");
    }

    private static int ApplyUpdates(int seed)
    {
        Random random = new(seed);
        KubeProxyOptions options = new() { LargeClusterEndpoints = 100_000 };
        Cluster before = Varied(random);
        using IndexedMatcher matcher = new(Rulesets.Parse(KubeProxyIptables.ToText(before, options)));
        for (int round = 0; round < 4; round++)
        {
            Cluster after = Varied(random);
            using StringWriter text = new();
            KubeProxyIptables.WriteUpdate(before, after, options, text);
            Ruleset update = Rulesets.Parse(text.ToString(), new IptablesParseOptions { DeclareChainsOnUse = true });
            foreach (string part in text.ToString().Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries))
            {
                string[] lines = part.Split('\n');
                Table table = update.Tables.Single(table => $"*{Hooks.NameOf(table.Kind)}" == lines[0]);
                HashSet<string> declared = [.. lines.Where(line => line.StartsWith(':')).Select(line => line[1..line.IndexOf(' ')])];
                foreach (string used in table.Chains.Select(chain => chain.Name).Except(declared).ToArray())
                    table.Remove(used);
                if (!matcher.TryReplace(table, [.. lines.Where(line => line.StartsWith("-X ")).Select(line => line[3..])]))
                    return round;
            }

            AssertSameChains(Rulesets.Parse(KubeProxyIptables.ToText(after, options)), matcher.Snapshot());
            before = after;
        }

        return 4;
    }

    // The same services each time, with other endpoints, some gone, some reachable from outside.
    private static Cluster Varied(Random random)
    {
        Cluster cluster = ClusterGenerator.Generate(new ClusterOptions { Services = 60, NodePortShare = 0.2, NoEndpointsShare = 0.1 });
        return new Cluster(cluster.Nodes, cluster.Pods, [.. cluster.Services.Where(_ => random.Next(60) != 0).Select(service => service with
        {
            Ports = [.. service.Ports.Select(port => port with { Endpoints = [.. port.Endpoints.Where(_ => random.Next(60) != 0)] })],
        })], cluster.PodRanges, cluster.ServiceRanges);
    }

    private static void AssertSameChains(Ruleset expected, Ruleset actual)
    {
        foreach (Table table in expected.Tables)
        {
            Assert.Equal(table.Chains.Select(chain => chain.Name).Order(StringComparer.Ordinal), actual[table.Kind]!.Chains.Select(chain => chain.Name).Order(StringComparer.Ordinal));
            foreach (Chain chain in table.Chains)
            {
                IReadOnlyList<Rule> others = actual.Find(table.Kind, chain.Name)!.Rules;
                Assert.Equal(chain.Rules.Count, others.Count);
                for (int i = 0; i < others.Count; i++)
                {
                    Assert.Equal(chain.Rules[i].Matches, others[i].Matches);
                    Assert.Equal(chain.Rules[i].Target, others[i].Target);
                }
            }
        }
    }

    [Fact]
    public void A_rule_that_stays_goes_on_counting()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Rulesets.Table("nat", ["PREROUTING", "A"],
            "-A PREROUTING -p tcp -j A", "-A A -s 10.0.0.0/8", "-A A -p tcp")));
        PacketMeta meta = default;
        TestPacket packet = TestPacket.Tcp("10.1.2.3", "10.0.0.1");
        Walk(matcher, packet, ref meta);
        Assert.True(matcher.TryReplace(Rulesets.Parse(Rulesets.Table("nat", ["A"],
            "-A A -s 11.0.0.0/8", "-A A -s 10.0.0.0/8", "[7:70] -A A -p udp", "-A A -p tcp"))[TableKind.Nat]!));
        Walk(matcher, packet, ref meta);
        matcher.Find(TableKind.Nat, "A", out ChainId chain);
        Assert.Equal([0u, 2u, 7u, 2u], Enumerable.Range(0, 4).Select(rule => matcher.CountersOf(chain, rule).Packets));
        Assert.Equal(2u, matcher.PolicyCountersOf(chain).Packets);
        Explanation explanation = matcher.Explain(chain, packet.Bytes, packet.Info, meta, new PacketRandom(1));
        Assert.Contains("nat/A", explanation.ToString());
        Assert.Equal(2u, matcher.CountersOf(chain, 1).Packets);
    }

    [Fact]
    public void What_would_break_the_rules_is_refused_and_changes_nothing()
    {
        Ruleset ruleset = Rulesets.Parse(Rulesets.Table("nat", ["PREROUTING", "A", "B"], "-A PREROUTING -j A", "-A A -j B", "-A B -p tcp -j ACCEPT"));
        using IndexedMatcher matcher = new(ruleset);
        Assert.Contains("A -> B -> A", Assert.Throws<RulesetException>(() => matcher.TryReplace(Nat("B", "-A B -j A"))).Message.Replace("B -> A -> B", "A -> B -> A"));
        Assert.Throws<RulesetException>(() => matcher.TryReplace(Nat("B", "-A B -j NOWHERE")));
        Assert.Throws<ArgumentException>(() => matcher.TryReplace(new Table(TableKind.Nat), "B"));
        Assert.Throws<ArgumentException>(() => matcher.TryReplace(new Table(TableKind.Nat), "PREROUTING"));
        Assert.False(matcher.TryReplace(Nat("B", "-A B -m recent --name X --set")));
        Rulesets.AssertSame(ruleset, matcher.Snapshot());
    }

    [Fact]
    public void Room_is_used_again()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Rulesets.Table("nat", ["PREROUTING", "A", "B"], "-A PREROUTING -j A", "-A A -j B")));
        for (int i = 0; i < 20_000; i++)
            Assert.True(matcher.TryReplace(Nat("A", "-A A -p tcp -j B", "-A A -j RETURN")));
    }

    [Fact]
    public async Task A_reader_sees_the_old_chain_or_the_new_one()
    {
        string[] Service(int port) => [$"-A S -m statistic --mode random --probability 0.5 -j E{port}", $"-A S -j F{port}",
            $"-A E{port} -p tcp -j DNAT --to-destination 10.9.0.1:{port}", $"-A F{port} -p tcp -j DNAT --to-destination 10.9.0.2:{port}"];
        using IndexedMatcher matcher = new(Rulesets.Parse(Rulesets.Table("nat", ["PREROUTING", "S", "E1", "F1"], ["-A PREROUTING -d 10.0.0.1/32 -j S", .. Service(1)])));
        int port = 1, stop = 0;
        using ManualResetEventSlim started = new();
        Task<int> reader = Task.Factory.StartNew(() =>
        {
            int walks = 0;
            PacketRandom random = new(1);
            matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain);
            TestPacket packet = TestPacket.Tcp("10.1.2.3", "10.0.0.1");
            for (; Volatile.Read(ref stop) == 0; walks++)
            {
                started.Set();
                byte[] frame = (byte[])packet.Bytes.Clone();
                int before = Volatile.Read(ref port);
                PacketMeta meta = default;
                matcher.Evaluate(chain, frame, packet.Info, ref meta, ref random, out PacketVerdict verdict);
                int seen = verdict.Destination.Port;
                if (seen < before - 1 || seen > Volatile.Read(ref port) + 1)
                    throw new InvalidOperationException($"saw {seen} while {before} stood");
            }

            return walks;
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        started.Wait();
        for (int next = 2; next < 3000; next++)
        {
            Ruleset rules = Rulesets.Parse(Rulesets.Table("nat", ["S", $"E{next}", $"F{next}"], Service(next)));
            Assert.True(matcher.TryReplace(rules[TableKind.Nat]!, $"E{next - 1}", $"F{next - 1}"));
            Volatile.Write(ref port, next);
        }

        Volatile.Write(ref stop, 1);
        Assert.True(await reader > 0);
    }

    private static Table Nat(string chain, params string[] rules)
    {
        string[] others = [.. new[] { "A", "B", "NOWHERE" }.Where(name => name != chain)];
        Table table = Rulesets.Parse(Rulesets.Table("nat", [chain, .. others], rules))[TableKind.Nat]!;
        foreach (string other in others)
            table.Remove(other);
        return table;
    }

    private static void Walk(ChainMatcher matcher, TestPacket packet, ref PacketMeta meta)
    {
        Assert.True(matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain));
        PacketRandom random = new(1);
        matcher.Evaluate(chain, packet.Bytes, packet.Info, ref meta, ref random, out _);
    }

    private static Ruleset Parse(Random random, bool v6, int rules) => Rulesets.Parse(RandomRules.Text(random, v6, rules, stateful: false));

    private static void Copy(Chain from, Chain to)
    {
        foreach (Rule rule in from.Rules)
            to.Add(rule);
    }

    private static Ruleset Replaced(Ruleset model, Table changed, string[] removed)
    {
        Ruleset result = new(model.Family);
        Table table = result.GetOrAdd(TableKind.Nat);
        foreach (string name in model[TableKind.Nat]!.Chains.Concat(changed.Chains).Select(chain => chain.Name).Distinct().Except(removed))
            Copy(changed.Find(name) ?? model.Find(TableKind.Nat, name)!, table.Add(name));
        return result;
    }

    private static Ruleset Sorted(Ruleset model)
    {
        Ruleset result = new(model.Family);
        foreach (Chain chain in model[TableKind.Nat]!.Chains.OrderBy(chain => chain.Name, StringComparer.Ordinal))
        {
            Chain copy = result.GetOrAdd(TableKind.Nat).Add(chain.Name);
            (copy.PolicyPackets, copy.PolicyBytes) = (chain.PolicyPackets, chain.PolicyBytes);
            Copy(chain, copy);
        }

        return result;
    }
}
