using System.IO.Compression;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Iptables;

public class IptablesCorpusTests
{
    [CorpusTheory]
    [InlineData("azure-npm-iptablesave-v2.txt")]
    [InlineData("kind-v1.23-traefik-ericpuwang.txt")]
    [InlineData("kubeadm-flannel-2023.txt")]
    [InlineData("kernel-canonical-1000svc.txt.gz")]
    public void Real_dumps_load_compile_and_come_back(string file)
    {
        Ruleset ruleset = IptablesSaveParser.ParseFile(Corpus.PathOf("kubeproxy", "dumps", file), null, out IptablesReport report);

        Assert.Null(report.Truncation);
        Assert.Equal(CountedRules(file), ruleset.RuleCount);
        Assert.Equal(report.Rules, ruleset.RuleCount);
        Rulesets.AssertRoundTrips(ruleset);
        using LinearMatcher matcher = new(ruleset);
        Assert.True(matcher.RuleCount > ruleset.RuleCount);
    }

    [CorpusTheory]
    [InlineData("azure-npm-iptablesave-v2.txt")]
    [InlineData("kubeadm-flannel-2023.txt")]
    [InlineData("kernel-canonical-1000svc.txt.gz")]
    public void Written_rules_are_word_for_word_what_iptables_save_wrote(string file)
    {
        string path = Corpus.PathOf("kubeproxy", "dumps", file);
        Ruleset ruleset = IptablesSaveParser.ParseFile(path, null, out _);
        HashSet<string> saved = [.. Lines(path).Where(line => line.StartsWith("-A ", StringComparison.Ordinal)).Select(line => line.TrimEnd())];
        string[] written = IptablesSaveWriter.Write(ruleset).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)).ToArray();

        string[] differing = written.Where(line => !saved.Contains(line)).ToArray();
        Assert.Equal([], differing);
    }

    [CorpusFact]
    public void A_dump_that_lost_its_line_breaks_is_refused_and_says_why()
    {
        var error = Assert.Throws<IptablesFormatException>(() =>
            IptablesSaveParser.ParseFile(Corpus.PathOf("kubeproxy", "dumps", "azure-npm-iptablesave-v1.txt"), null, out _));

        Assert.Contains("line breaks", error.Message);
        Assert.Contains("expected a table", error.Message);
    }

    [CorpusFact]
    public void Every_line_of_the_format_zoo_is_read_and_comes_back()
    {
        string[] lines = [.. File.ReadLines(Corpus.PathOf("kubeproxy", "dumps", "format-zoo.txt")).Where(line => !line.StartsWith('#') && line.Length > 0)];

        Assert.True(lines.Length >= 20);
        foreach (string line in lines)
        {
            Ruleset ruleset = Rulesets.Parse("*nat\n" + line + "\nCOMMIT\n", out IptablesReport report, new IptablesParseOptions { DeclareChainsOnUse = true });
            Assert.Equal(1, report.Rules);
            Rulesets.AssertRoundTrips(ruleset);
            string[] unknown = [.. report.Unknown.Select(kind => kind.Name)];
            Assert.Equal(line.Contains("physdev") ? ["physdev"] : [], unknown);
        }
    }

    [CorpusFact]
    public void Every_ruleset_of_the_cases_loads_and_comes_back()
    {
        int count = 0;
        foreach (string folder in new[] { "iptables-verbatim", "iptables-generated", "nftables", "real", "dumps-only" })
        {
            foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json"))
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
                foreach (string field in new[] { "ruleset", "ruleset_full", "ruleset_saved", "iptables_equivalent" })
                {
                    if (!document.RootElement.TryGetProperty(field, out JsonElement element) || element.GetString() is not { } text || !text.Contains("*nat"))
                        continue;
                    Rulesets.AssertRoundTrips(Rulesets.Parse(text));
                    count++;
                }
            }
        }

        Assert.True(count > 150, $"{count} rulesets");
    }

    [CorpusFact]
    public void Every_ruleset_of_the_kernel_vectors_loads_and_comes_back()
    {
        foreach (string file in new[] { "iptables.json", "ip6tables.json" })
        {
            string path = Path.Combine(Corpus.Root, "..", "vectors", "kernel", file);
            if (!File.Exists(path))
                continue;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
            {
                IptablesParseOptions options = new() { Family = file == "iptables.json" ? IpFamily.V4 : IpFamily.V6 };
                Ruleset asked = Rulesets.Parse(vector.GetProperty("ruleset").GetString()!, options);
                Ruleset answered = Rulesets.Parse(vector.GetProperty("countersAfter").GetString()!, options);
                Assert.DoesNotContain(asked.Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules).SelectMany(rule => rule.Matches), match => match is UnknownMatch);
                Rulesets.AssertRoundTrips(asked);
                Rulesets.AssertRoundTrips(answered);
                AssertSameRules(asked, answered);
                Assert.Equal(RuleLines(vector.GetProperty("countersAfter").GetString()!), RuleLines(IptablesSaveWriter.Write(answered, counters: true)));
            }
        }
    }

    private static string[] RuleLines(string text) => [.. text.Split('\n').Where(line => line.Contains(" -A ")).Select(line => line.Trim()).Order()];

    // The kernel's own words for the same rules: every match and target must come out equal.
    private static void AssertSameRules(Ruleset asked, Ruleset answered)
    {
        foreach (Chain chain in asked.Tables.SelectMany(table => table.Chains))
        {
            Chain other = answered.Find(chain.Table, chain.Name)!;
            Assert.Equal(chain.Rules.Select(rule => rule.Target), other.Rules.Select(rule => rule.Target));
            for (int i = 0; i < chain.Rules.Count; i++)
                Assert.Equal(chain.Rules[i].Matches, other.Rules[i].Matches);
        }
    }

    private static int CountedRules(string file) =>
        Lines(Corpus.PathOf("kubeproxy", "dumps", file)).Count(line => line.StartsWith("-A ", StringComparison.Ordinal));

    private static IEnumerable<string> Lines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
