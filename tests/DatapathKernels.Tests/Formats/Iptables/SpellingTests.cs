using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Iptables;

/// <summary>Every match, as people write it and as a kernel's own iptables-save wrote it back.</summary>
public class SpellingTests
{
    [Theory]
    [InlineData("spelling-v4.tsv", IpFamily.V4)]
    [InlineData("spelling-v6.tsv", IpFamily.V6)]
    public void What_people_write_is_saved_as_iptables_saves_it(string file, IpFamily family)
    {
        List<string> faults = [];
        string[] lines = [.. File.ReadLines(Path.Combine(Solution.Root, "tests", "DatapathKernels.Tests", "Golden", "iptables", file)).Where(line => !line.StartsWith('#'))];
        foreach (string line in lines)
        {
            (string asked, string saved) = line.Split('\t') is [var a, var b] ? (a, b) : throw new FormatException(line);
            Ruleset fromAsked = Parse(asked, family), fromSaved = Parse(saved, family);
            if (Words(fromAsked) != saved)
                faults.Add($"{asked}: expected {saved}, wrote {Words(fromAsked)}");
            Rulesets.AssertSame(fromSaved, fromAsked);
            bool known = asked.Contains("--limit-iface", StringComparison.Ordinal);
            if (fromSaved.Find(TableKind.Filter, "INPUT")!.Rules[0].Matches.Any(match => match is UnknownMatch) != known)
                faults.Add($"{asked}: unknown");
        }

        Assert.Equal([], faults);
        Assert.True(lines.Length > 90);
    }

    private static Ruleset Parse(string words, IpFamily family) =>
        Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], $"-A INPUT {words}"), new IptablesParseOptions { Family = family });

    private static string Words(Ruleset ruleset) =>
        IptablesSaveWriter.Write(ruleset).Split('\n').Single(line => line.StartsWith("-A INPUT ", StringComparison.Ordinal))["-A INPUT ".Length..];
}
