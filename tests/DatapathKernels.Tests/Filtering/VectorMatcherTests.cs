using DatapathKernels.Filtering;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>The vector matcher against the walk rule by rule, and its scan on every width against the head by head one.</summary>
public class VectorMatcherTests
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
            Ruleset ruleset = Rulesets.Parse(RandomRules.Text(random, v6, random.Next(1, 90)));
            using CompiledRuleset rules = new(ruleset, MatcherHarness.Node);
            using LinearMatcher linear = new(rules);
            using VectorMatcher vector = new(rules);
            RandomRules.Compare(linear, vector, random, v6, packets: 150, round % 2 == 0);
        }
    }

    [Theory]
    [InlineData(11, false)]
    [InlineData(12, true)]
    public void Every_width_finds_the_same_rule_from_every_rule_on(int seed, bool v6)
    {
        Random random = new(seed);
        for (int round = 0; round < 20; round++)
        {
            using CompiledRuleset rules = new(Rulesets.Parse(RandomRules.Text(random, v6, random.Next(1, 200))), MatcherHarness.Node);
            using RuleColumns columns = RuleColumns.Build(rules.Program);
            for (int packet = 0; packet < 20; packet++)
            {
                TestPacket bytes = RandomRules.Packet(random, v6);
                Assert.True(PacketView.TryLoad(v6 ? IpFamily.V6 : IpFamily.V4, bytes.Bytes, bytes.Info, out PacketView view));
                if (v6)
                    CheckWidths<RuleHeadV6>(rules.Program, columns, view);
                else
                    CheckWidths<RuleHeadV4>(rules.Program, columns, view);
            }
        }
    }

    private static void CheckWidths<THead>(RuleProgram program, RuleColumns columns, in PacketView view)
        where THead : struct, IRuleHead
    {
        Check<THead, NativeIsa>(program, columns, view);
        Check<THead, Isa512>(program, columns, view);
        Check<THead, Isa256>(program, columns, view);
        Check<THead, Isa128>(program, columns, view);
        Check<THead, ScalarIsa>(program, columns, view);
    }

    private static unsafe void Check<THead, TIsa>(RuleProgram program, RuleColumns columns, in PacketView view)
        where THead : struct, IRuleHead
        where TIsa : struct, IIsa
    {
        VectorScan<THead, TIsa> scan = new(program.Heads, columns);
        for (int rule = 0; rule < program.RuleCount; rule++)
            Assert.Equal(THead.Scan(program.Heads, rule, view), scan.Next(rule, view));
    }
}
