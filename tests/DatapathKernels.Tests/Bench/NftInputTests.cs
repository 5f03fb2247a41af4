using System.Text;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Suites;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>The reader's own nftables rules: told from a dump of iptables, measured, or refused with a place.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class NftInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        foreach (string variable in (string[])[RulesInput.Variable, NftInput.Variable, CaptureInput.Variable])
            Environment.SetEnvironmentVariable(variable, null);
    }

    [Theory]
    [InlineData("table ip x {\n}\n", true)]
    [InlineData("# by hand\n\n  add table ip x\n", true)]
    [InlineData("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", false)]
    [InlineData("tables ip x\n", false)]
    [InlineData("table", false)]
    [InlineData("", false)]
    public void The_first_word_tells(string text, bool expected) => Assert.Equal(expected, NftInput.Suits(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Kube_proxys_rules_are_measured_for_its_services()
    {
        string text = "table inet other {\n chain c {\n  xt target \"NFLOG\"\n }\n}\n" + KubeProxyNftables.ToText(ClusterGenerator.Generate(new ClusterOptions { Services = 20 }), new());
        BenchOptions options = new() { RulesFile = Write("node.nft", text) };

        UserInput input = UserInput.Check(options);

        Assert.Null(input.Rules);
        Assert.Equal((IpFamily.V4, 2), (input.Nft!.Family, input.Notes.Count));
        Assert.Contains($"{input.Nft.Services.Count} service ports in the map service-ips of table kube-proxy", input.Notes[0], StringComparison.Ordinal);
        Assert.StartsWith("node.nft:3:3: expected ", input.Notes[1], StringComparison.Ordinal);
        Assert.EndsWith("; tables of others than kube-proxy are left out", input.Notes[1], StringComparison.Ordinal);
        Assert.Equal([typeof(UserNftBench)], SuiteCatalog.Applicable(options with { RulesAreNft = true }));
        Assert.DoesNotContain(typeof(UserNftBench), SuiteCatalog.Applicable(options));
        Assert.Equal([input.Nft.Services.Count], UserNftBench.ServicesInRules);
        using UserNftBench bench = new();
        bench.Setup();
        Assert.InRange(bench.NftTraversal(), 32, 64);
        Assert.True(bench.Restore() > 0);
    }

    [Fact]
    public void Rules_of_IPv6_alone_are_measured_with_IPv6_packets()
    {
        UserInput input = UserInput.Check(new BenchOptions { RulesFile = Write("six.nft", "table ip6 t {\n chain c {\n type filter hook prerouting priority 0; policy accept;\n tcp dport 80 drop\n }\n}\n") });
        Assert.Equal((IpFamily.V6, 0), (input.Nft!.Family, input.Nft.Services.Count));
        using UserNftBench bench = new();
        bench.Setup();
        Assert.Equal(0, bench.NftTraversal());
    }

    [Theory]
    [InlineData("table ip x {\n chain c {\n  frob\n }\n}\n", @"bad\.nft:3:3: expected ")]
    [InlineData("table ip kube-proxy {\n chain c {\n  drop\n", @"bad\.nft:4:1: expected ")]
    [InlineData("add table ip x\n", @"bad\.nft: no rule in it; expected a ruleset as 'nft list ruleset' prints it")]
    [InlineData("table ip x {\n chain c {\n  jump d\n }\n}\n", @"bad\.nft: .*; expected a ruleset")]
    public void A_bad_ruleset_is_one_line_with_its_place(string text, string expected) =>
        Assert.Matches(expected, Assert.Throws<BadInputException>(() => UserInput.Check(new BenchOptions { RulesFile = Write("bad.nft", text) })).Message);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
