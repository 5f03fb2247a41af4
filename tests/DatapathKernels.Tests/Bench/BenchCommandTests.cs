using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Running;
using Xunit;

namespace DatapathKernels.Tests.Bench;

[Collection(EnvironmentCollection.Name)]
public class BenchCommandTests
{
    [Fact]
    public void Without_arguments_everything_runs_quickly()
    {
        BenchOptions options = BenchCommand.Parse([]);

        Assert.Equal(new BenchOptions(), options);
        Assert.Same(BenchProfile.Quick, options.Profile);
    }

    [Fact]
    public void Every_option_is_understood_and_paths_are_made_full()
    {
        BenchOptions options = BenchCommand.Parse(["--full", "--filter", "Parse*", "--rules", "a.txt", "--services", "s.yaml", "t.json", "--services", "u.yaml", "--policies", "p.yaml", "--capture", "b.pcap", "--out", "c", "--list"]);

        Assert.Same(BenchProfile.Full, options.Profile);
        Assert.Equal("Parse*", options.Filter?.Glob);
        Assert.Equal(Path.GetFullPath("a.txt"), options.RulesFile);
        Assert.Equal([Path.GetFullPath("s.yaml"), Path.GetFullPath("t.json"), Path.GetFullPath("u.yaml")], options.ServiceFiles);
        Assert.Equal([Path.GetFullPath("p.yaml")], options.PolicyFiles);
        Assert.Equal(Path.GetFullPath("b.pcap"), options.CaptureFile);
        Assert.Equal(Path.GetFullPath("c"), options.OutputFolder);
        Assert.True(options.List);
    }

    [Theory]
    [InlineData("--quick and --full exclude each other", "--quick", "--full")]
    [InlineData("--fast", "--fast")]
    [InlineData("extra", "extra")]
    [InlineData("--filter", "--filter")]
    [InlineData("--filter has no value; expected GLOB behind it, found the option '--list'", "--filter", "--list")]
    [InlineData("--rules has no value; expected FILE behind it, found the option '--quick'", "--rules", "--quick")]
    [InlineData("--rules is empty", "--rules", "")]
    [InlineData("no benchmark has such a name", "--list", "--filter", "NoSuchBench*")]
    [InlineData("is a folder; expected an iptables-save dump or an nft ruleset", "--rules", "/")]
    [InlineData("/no/such/folder: no such folder; expected a result folder", "--compare", "/no/such/folder", "/")]
    [InlineData("records.json: cannot be read", "--compare", "/", "/no/such/folder")]
    [InlineData("--compare", "--compare", "/")]
    [InlineData("stands alone", "--compare", "/", "/", "--full")]
    [InlineData("does not exist; expected manifests", "--services", "/no/such/file")]
    [InlineData("--services is empty", "--services", "")]
    [InlineData("--policies without --services", "--policies", "/")]
    [InlineData("does not exist; expected a pcap or pcapng file", "--capture", "/no/such/file")]
    public void Wrong_arguments_are_one_error_line_and_exit_code_2(string expected, params string[] args)
    {
        StringWriter output = new(), error = new();

        int code = BenchCommand.Run(args, output, error);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.StartsWith("error: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void Help_names_every_option()
    {
        StringWriter output = new();

        int code = BenchCommand.Run(["--help"], output, TextWriter.Null);

        Assert.Equal(ExitCode.Ok, code);
        foreach (string option in (string[])["--quick", "--full", "--filter", "--rules", "--services", "--policies", "--capture", "--out", "--list", "--compare"])
            Assert.Contains(option, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void List_prints_the_filtered_cases_and_nothing_else()
    {
        StringWriter output = new();

        int code = BenchCommand.Run(["--list", "--filter", "ServiceLookupBench.Dictionary*"], output, TextWriter.Null);

        Assert.Equal(ExitCode.Ok, code);
        string[] expected = [.. ((int[])[10, 100, 1000, 5000, 10000, 30000]).Select(n => $"ServiceLookupBench.Dictionary Services={n}")];
        Assert.Equal(expected, output.ToString().TrimEnd().Split(Environment.NewLine));
    }
}
