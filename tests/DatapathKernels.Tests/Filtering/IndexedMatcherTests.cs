using DatapathKernels.Filtering;
using DatapathKernels.Simd;
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

    /// <summary>From every rule on, whatever the index is made of: tables of equal masks, or trees where there are many masks.</summary>
    [Theory]
    [InlineData(21, false)]
    [InlineData(22, true)]
    public void An_index_finds_the_next_rule_from_every_rule_on(int seed, bool v6)
    {
        Random random = new(seed);
        for (int round = 0; round < 20; round++)
        {
            using CompiledRuleset rules = new(Rulesets.Parse(RandomRules.Text(random, v6, random.Next(20, 200), stateful: false)), MatcherHarness.Node);
            for (int packet = 0; packet < 20; packet++)
            {
                TestPacket bytes = RandomRules.Packet(random, v6);
                Assert.True(PacketView.TryLoad(v6 ? IpFamily.V6 : IpFamily.V4, bytes.Bytes, bytes.Info, out PacketView view));
                if (v6)
                    CheckIndex<RuleHeadV6>(rules.Program, view);
                else
                    CheckIndex<RuleHeadV4>(rules.Program, view);
            }
        }
    }

    [Fact]
    public void Bits_are_gathered_the_same_with_one_instruction_and_with_many()
    {
        Random random = new(31);
        for (int i = 0; i < 10_000; i++)
        {
            ulong word = (ulong)random.NextInt64() * 3, mask = (ulong)random.NextInt64() & (ulong)random.NextInt64() * 5;
            Assert.Equal(BitGather.GatherBitByBit(word, mask), BitGather.Gather(word, mask));
        }

        Assert.Equal(0b101UL, BitGather.GatherBitByBit(0x8000_0000_0000_0101, 0x8000_0000_0000_0011));
    }

    private static unsafe void CheckIndex<THead>(RuleProgram program, in PacketView view)
        where THead : struct, IRuleHead
    {
        int count = program.Ends[0] - program.Starts[0];
        using ChainIndexMemory<THead> memory = new(program.Heads + ((nint)program.Starts[0] * THead.Size), count, 0);
        for (int rule = 0; rule < count; rule++)
            (ChainIndex<THead>.RuleAt(memory.Index, rule)->SourceSpan, ChainIndex<THead>.RuleAt(memory.Index, rule)->DestinationSpan) = (ushort.MaxValue, ushort.MaxValue);
        for (int rule = 0; rule < count; rule++)
        {
            int expected = THead.Scan(program.Heads, program.Starts[0] + rule, view) - program.Starts[0];
            int found = memory.Index->Trees == null ? ChainIndex<THead>.Next(memory.Index, rule, view) : ChainIndex<THead>.NextInTrees(memory.Index, rule, view);
            Assert.Equal(expected, found);
        }
    }
}
