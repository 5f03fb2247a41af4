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

    /// <summary>Parts left out, other bases, and the names of /etc/protocols and /etc/services.</summary>
    [Theory]
    [InlineData("-s 10/8", "-s 10.0.0.0/8")]
    [InlineData("-d 192.168/16", "-d 192.168.0.0/16")]
    [InlineData("-d 10.1", "-d 10.1.0.0/32")]
    [InlineData("-s 0x0a.010.0.1", "-s 10.8.0.1/32")]
    [InlineData("-p tcp -m tcp --dport http", "-p tcp -m tcp --dport 80")]
    [InlineData("-p udp -m udp --sport domain --dport bootps:bootpc", "-p udp -m udp --sport 53 --dport 67:68")]
    [InlineData("-p tcp -m tcp ! --dport ftp-data:ssh", "-p tcp -m tcp ! --dport 20:22")]
    [InlineData("-p tcp -m multiport --dports ssh,http,https,8000:http-alt", "-p tcp -m multiport --dports 22,80,443,8000:8080")]
    [InlineData("-p EIGRP", "-p 88")]
    [InlineData("-p ipv6-frag", "-p 44")]
    public void Short_addresses_and_names_are_numbers(string asked, string same) =>
        Rulesets.AssertSame(Parse(same, IpFamily.V4), Parse(asked, IpFamily.V4));

    [Theory]
    [InlineData("-s 10..1")]
    [InlineData("-s 10.0.0.0.1")]
    [InlineData("-s 10.256")]
    [InlineData("-s 08.1.1.1")]
    [InlineData("-s 10.0.0.0/255.0")]
    [InlineData("-p tcp -m tcp --dport ssh:ftp")]
    [InlineData("-p tcp -m tcp --dport no-such-service")]
    [InlineData("-m length --length http")]
    public void What_iptables_does_not_take_is_refused(string words) =>
        Assert.Throws<IptablesFormatException>(() => Parse(words, IpFamily.V4));

    private static Ruleset Parse(string words, IpFamily family) =>
        Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], $"-A INPUT {words}"), new IptablesParseOptions { Family = family });

    private static string Words(Ruleset ruleset) =>
        IptablesSaveWriter.Write(ruleset).Split('\n').Single(line => line.StartsWith("-A INPUT ", StringComparison.Ordinal))["-A INPUT ".Length..];
}
