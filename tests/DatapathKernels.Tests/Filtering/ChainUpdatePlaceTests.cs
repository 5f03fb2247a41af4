using DatapathKernels.Filtering;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Replacing chains is refused where loading the result would be: no hook may lead to what is not for it.</summary>
public class ChainUpdatePlaceTests
{
    // PREROUTING leads to A, POSTROUTING to B and from there to C.
    private static readonly string Rules = Rulesets.Table(
        "nat", ["PREROUTING", "POSTROUTING", "A", "B", "C"], "-A PREROUTING -j A", "-A POSTROUTING -j B", "-A B -j C", "-A C -j MASQUERADE");

    [Theory]
    [InlineData("-A A -j MASQUERADE", "MASQUERADE is for POSTROUTING of table nat, and PREROUTING leads here")]
    [InlineData("-A A -j N;-A N -j MASQUERADE", "MASQUERADE is for POSTROUTING of table nat, and PREROUTING leads here")]
    [InlineData("-A A -j C", "MASQUERADE is for POSTROUTING of table nat, and PREROUTING leads here")]
    [InlineData("-A C -j DNAT --to-destination 10.0.0.1", "DNAT is for PREROUTING, OUTPUT of table nat, and POSTROUTING leads here")]
    [InlineData("-A OUTPUT -j B", "MASQUERADE is for POSTROUTING of table nat, and OUTPUT leads here")]
    [InlineData("-A A -j DNAT --to-destination 10.0.0.1", null)]
    [InlineData("-A B -j MASQUERADE", null)]
    [InlineData("-A N -j MASQUERADE", null)]
    [InlineData("-A A -j RETURN;-A A -j C", null)]
    [InlineData("-A PREROUTING -j C;-A C -j DNAT --to-destination 10.0.0.1;-A B -j RETURN", null)]
    public void One_change(string lines, string? refusal)
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Rules));
        if (refusal is null)
            Assert.True(matcher.TryReplace(Changed(lines)));
        else
            Assert.EndsWith(refusal, Assert.Throws<RulesetException>(() => matcher.TryReplace(Changed(lines))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hook_that_leads_there_no_more_refuses_nothing()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Rules));
        Assert.True(matcher.TryReplace(Changed("-A PREROUTING -j ACCEPT")));
        Assert.True(matcher.TryReplace(Changed("-A A -j MASQUERADE")));
        Assert.Throws<RulesetException>(() => matcher.TryReplace(Changed("-A PREROUTING -j A")));
        Assert.True(matcher.TryReplace(Changed("-A A -j RETURN")));
        Assert.True(matcher.TryReplace(Changed("-A PREROUTING -j A")));
    }

    [Fact]
    public void What_was_refused_has_changed_nothing()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Rules));
        Assert.Throws<RulesetException>(() => matcher.TryReplace(Changed("-A A -j N;-A N -j MASQUERADE")));
        Rulesets.AssertSame(Rulesets.Parse(Rules), matcher.Snapshot());
        Assert.True(matcher.TryReplace(Changed("-A N -j MASQUERADE")));
        Assert.Throws<RulesetException>(() => matcher.TryReplace(Changed("-A A -j N")));
    }

    private static Table Changed(string lines)
    {
        string[] rules = lines.Split(';');
        string[] chains = [.. rules.Select(rule => rule.Split(' ')[1]).Distinct()];
        Table table = Rulesets.Parse(Rulesets.Table("nat", [.. chains.Union(["A", "B", "C", "N"])], rules)).Tables.Single();
        foreach (string name in table.Chains.Select(chain => chain.Name).Except(chains).ToArray())
            table.Remove(name);
        return table;
    }
}
