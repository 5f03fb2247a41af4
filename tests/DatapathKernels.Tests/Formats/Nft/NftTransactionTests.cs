using System.Text;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Nft;
using Xunit;

namespace DatapathKernels.Tests.Formats.Nft;

/// <summary>Syncs on top of a ruleset: what they add, flush and delete, and what is refused as the kernel refuses it.</summary>
public class NftTransactionTests
{
    private const string Before = """
        add table ip t
        add chain ip t services
        add chain ip t service-a
        add chain ip t service-b
        add map ip t ips { type ipv4_addr . inet_service : verdict ; }
        add set ip t known { type ipv4_addr ; }
        add rule ip t services ip daddr . th dport vmap @ips
        add rule ip t services ip daddr @known reject
        add rule ip t service-a numgen random mod 1 vmap { 0 : goto service-b }
        add rule ip t service-b drop
        add element ip t ips { 10.0.0.1 . 80 : goto service-a }
        add element ip t known { 10.0.0.1 }

        """;

    [Fact]
    public void A_sync_replaces_parts_and_leaves_the_ruleset_it_was_given()
    {
        NftRuleset before = NftParser.Parse(Before);
        string written = NftWriter.ToText(before);
        NftRuleset after = NftParser.Apply(before, """
            add table ip t
            add chain ip t service-c
            flush chain ip t service-a
            add rule ip t service-a numgen random mod 1 vmap { 0 : goto service-c }
            add rule ip t service-c accept
            insert rule ip t service-c counter packets 0 bytes 0
            flush chain ip t service-b
            delete chain ip t service-b
            delete element ip t known { 10.0.0.1 }
            add element ip t known { 10.0.0.2 , 10.0.0.2 }
            add element ip t ips { 10.0.0.1 . 80 : goto service-a }
            """);
        Assert.Equal(written, NftWriter.ToText(before));
        string[] gone = [.. written.Split('\n').Except(NftWriter.ToText(after).Split('\n')).Order(StringComparer.Ordinal)];
        string[] come = [.. NftWriter.ToText(after).Split('\n').Except(written.Split('\n')).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["add chain ip t service-b", "add element ip t known { 10.0.0.1 }", "add rule ip t service-a numgen random mod 1 vmap { 0 : goto service-b }", "add rule ip t service-b drop"], gone);
        Assert.Equal(
            [
                "add chain ip t service-c", "add element ip t known { 10.0.0.2 }", "add rule ip t service-a numgen random mod 1 vmap { 0 : goto service-c }",
                "add rule ip t service-c accept", "add rule ip t service-c counter packets 0 bytes 0",
            ],
            come);
        NftTable table = after.Find(NftFamily.Ip, "t")!;
        Assert.IsType<NftCounter>(table.FindChain("service-c")!.Rules[0].Statements[0]);
        Assert.Single(table.FindSet("known")!.Elements);
        Assert.Single(table.FindSet("ips")!.Elements);
    }

    [Theory]
    [InlineData("delete chain ip t service-b", "text:1:19: expected a chain without rules (it has 1: flush it first), found 'service-b'")]
    [InlineData("flush chain ip t service-b\ndelete chain ip t service-b", "text:2:19: expected a chain that no rule and no element leads to (1 do), found 'service-b'")]
    [InlineData("flush chain ip t service-a\ndelete chain ip t service-a", "text:2:19: expected a chain that no rule and no element leads to (1 do), found 'service-a'")]
    [InlineData("delete chain ip t x", "text:1:19: expected a chain that was added, found 'x'")]
    [InlineData("delete map ip t ips", "text:1:17: expected a set or map that no rule asks, found 'ips'")]
    [InlineData("delete set ip t x", "text:1:17: expected a set or map that was added, found 'x'")]
    [InlineData("delete element ip t known { 10.0.0.9 }", "text:1:27: expected elements of 'known'; it has no 10.0.0.9, found '{'")]
    [InlineData("add element ip t ips { 10.0.0.1 . 80 : drop }", "text:1:22: expected the verdict that the element 10.0.0.1 . 80 : goto service-a has, or to have it deleted first, found '{'")]
    [InlineData("create element ip t known { 10.0.0.1 }", "text:1:27: expected what is not there yet: 'create' refuses what is, found '{'")]
    [InlineData("create chain ip t services", "text:1:19: expected what is not there yet")]
    [InlineData("create table ip t", "text:1:17: expected what is not there yet")]
    [InlineData("create set ip t known { type ipv4_addr ; }", "text:1:17: expected what is not there yet")]
    [InlineData("delete table ip x", "text:1:17: expected a table that was added, found 'x'")]
    [InlineData("flush table ip x", "text:1:16: expected a table that was added, found 'x'")]
    [InlineData("flush chain ip x y", "text:1:16: expected a table that was added, found 'x'")]
    [InlineData("insert rule ip t x drop", "text:1:18: expected a chain that was added, found 'x'")]
    [InlineData("delete rule ip t services handle 4", "text:1:8: expected 'table', 'chain', 'set', 'map' or 'element' (rules have no handles here")]
    public void What_the_kernel_refuses_is_refused_and_nothing_changes(string text, string message)
    {
        NftRuleset before = NftParser.Parse(Before);
        string written = NftWriter.ToText(before);
        NftFormatException error = Assert.Throws<NftFormatException>(() => NftParser.Apply(before, text));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(written, NftWriter.ToText(before));
    }

    [Theory]
    [InlineData("destroy table ip x")]
    [InlineData("destroy chain ip x y")]
    [InlineData("destroy chain ip t x")]
    [InlineData("destroy set ip t x")]
    [InlineData("destroy element ip t known { 10.0.0.9 }")]
    public void What_is_not_there_may_be_destroyed(string text)
    {
        NftRuleset before = NftParser.Parse(Before);
        Assert.Equal(NftWriter.ToText(before), NftWriter.ToText(NftParser.Apply(before, text)));
    }

    [Fact]
    public void Uses_of_chains_follow_every_command()
    {
        NftRuleset after = NftParser.Apply(NftParser.Parse(Before), """
            add chain ip t x
            delete chain ip t x
            flush chain ip t services
            delete element ip t ips { 10.0.0.1 . 80 }
            flush chain ip t service-a
            delete chain ip t service-a
            add chain ip t y
            add rule ip t y jump service-b
            flush chain ip t y
            add element ip t ips { 10.0.0.2 . 80 : goto service-b }
            flush map ip t ips
            add element ip t ips { 10.0.0.3 . 80 : goto service-b }
            delete map ip t ips
            flush chain ip t service-b
            delete chain ip t service-b
            table ip t { chain z { jump y
            } }
            """);
        Assert.Equal(["services", "y", "z"], after.Find(NftFamily.Ip, "t")!.Chains.Select(chain => chain.Name));
        Assert.Throws<NftFormatException>(() => NftParser.Apply(after, "add chain ip t w\ndelete chain ip t w\ntable ip t { chain v { jump w2\n } }\nadd chain ip t w2\ndelete chain ip t w2"));
    }

    /// <summary>Flushing and filling every chain and map of one cluster with what another cluster's rules say gives the other's ruleset.</summary>
    [Theory]
    [InlineData(NftablesRelease.V130)]
    [InlineData(NftablesRelease.V133)]
    public void A_sync_from_one_cluster_to_another_ends_at_the_other(NftablesRelease release)
    {
        NftRuleset from = NftParser.Parse(TextOf(seed: 1, release)), to = NftParser.Parse(TextOf(seed: 2, release));
        string sync = Sync(from.Tables[0], to);
        Assert.Equal(Lines(to), Lines(NftParser.Apply(from, sync)));
    }

    private static string TextOf(ulong seed, NftablesRelease release) => KubeProxyNftables.ToText(
        ClusterGenerator.Generate(new ClusterOptions { Services = 30, Nodes = 3, Seed = seed }), new KubeProxyOptions { NftablesRelease = release });

    // As kube-proxy does it: elements of what is gone go first, then chains are filled anew, then those without use are deleted.
    private static string Sync(NftTable from, NftRuleset to)
    {
        string place = "ip kube-proxy";
        StringBuilder text = new();
        HashSet<string> kept = [.. to.Tables[0].Chains.Select(chain => chain.Name)];
        foreach (NftSet set in from.Sets)
            text.Append($"flush {(set.IsMap ? "map" : "set")} {place} {set.Name}\n");
        foreach (NftChain chain in from.Chains)
            text.Append($"flush chain {place} {chain.Name}\n");
        foreach (NftChain chain in from.Chains.Where(chain => !kept.Contains(chain.Name)))
            text.Append($"delete chain {place} {chain.Name}\n");
        foreach (NftSet set in from.Sets.Where(set => to.Tables[0].FindSet(set.Name) is null))
            text.Append($"delete {(set.IsMap ? "map" : "set")} {place} {set.Name}\n");
        return text.Append(NftWriter.ToText(to)).ToString();
    }

    private static string[] Lines(NftRuleset ruleset) => [.. NftWriter.ToText(ruleset).Split('\n').Order(StringComparer.Ordinal)];
}
