using DatapathKernels.Filtering;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>The indexed matcher against the walk rule by rule: verdicts, bytes, marks, draws and counters.</summary>
public class IndexedMatcherTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    public void It_answers_as_the_linear_matcher_does(int seed, bool v6)
    {
        Random random = new(seed);
        for (int round = 0; round < 60; round++)
        {
            Ruleset ruleset = Rulesets.Parse(RandomRules.Text(random, v6, random.Next(1, 60)));
            using LinearMatcher linear = new(ruleset, MatcherHarness.Node);
            using IndexedMatcher indexed = new(ruleset, MatcherHarness.Node);
            RandomRules.Compare(linear, indexed, random, v6, packets: 150, round % 2 == 0);
        }
    }
}
