using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Iptables;

/// <summary>
/// Every option of every match and target, alone, negated, twice, in odd spellings and with values at and past its bounds: it
/// loads and is saved as iptables saves it, or is refused with its line where iptables, or the kernel, refuses it.
/// </summary>
public class AskedTests
{
    private const string Refused = "REFUSED";

    [Theory]
    [InlineData("asked-v4.tsv", IpFamily.V4)]
    [InlineData("asked-v6.tsv", IpFamily.V6)]
    public void A_rule_is_taken_and_saved_as_iptables_does(string file, IpFamily family)
    {
        List<string> faults = [];
        int count = 0, different = 0;
        foreach (string line in File.ReadLines(Path.Combine(Solution.Root, "tests", "DatapathKernels.Tests", "Golden", "iptables", file)).Where(line => !line.StartsWith('#')))
        {
            string[] fields = line.Split('\t');
            string made = Make(fields[0], fields[1], fields[2], family);
            count++;
            different += fields.Length - 4;
            if (made != fields[^1])
                faults.Add($"{fields[0]} {fields[2]}: expected {fields[^1]}, made {made}");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(count > 1700);
        Assert.InRange(different, 1, count / 11);
    }

    private static string Make(string table, string chain, string words, IpFamily family)
    {
        string[] chains = table switch
        {
            "filter" => ["INPUT", "FORWARD", "OUTPUT", "U"],
            "nat" => ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "U"],
            "mangle" => ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "U"],
            _ => ["PREROUTING", "OUTPUT", "U"],
        };
        int line = chains.Length + 2;
        string text = Rulesets.Table(table, chains, $"-A {chain} {words}");
        try
        {
            Ruleset ruleset = Rulesets.Parse(text, new IptablesParseOptions { Family = family });
            using LinearMatcher matcher = new(ruleset, new MatcherOptions { Unknown = UnknownPolicy.Never });
            return Saved(ruleset, chain);
        }
        catch (IptablesFormatException error)
        {
            return error.Message.StartsWith($"test:{line}:", StringComparison.Ordinal) ? Refused : error.Message;
        }
        catch (RulesetException error)
        {
            return error.Message.StartsWith($"line {line},", StringComparison.Ordinal) ? Refused : error.Message;
        }
    }

    private static string Saved(Ruleset ruleset, string chain)
    {
        string start = $"-A {chain}";
        return string.Join(" || ", IptablesSaveWriter.Write(ruleset).Split('\n')
            .Where(line => line == start || line.StartsWith(start + " ", StringComparison.Ordinal))
            .Select(line => line == start ? "" : line[(start.Length + 1)..].TrimEnd()));
    }
}
