using System.Runtime.InteropServices;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>
/// Services as kube-proxy writes them, and all sorts of rules that are nearly so, through the indexed matcher's shortcuts:
/// verdicts, bytes, draws and counters must be those of the walk rule by rule.
/// </summary>
public class ShortcutTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Services_answer_as_their_rules_do(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 40; round++)
        {
            Ruleset rules = Rulesets.Parse(new RandomServices(random).Text());
            using LinearMatcher linear = new(rules, MatcherHarness.Node);
            using IndexedMatcher indexed = new(rules, MatcherHarness.Node);
            RandomRules.Compare(linear, indexed, random, v6: false, packets: 256, burst: round % 2 == 0);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Services_that_are_replaced_answer_as_their_new_rules_do(int seed)
    {
        Random random = new(seed);
        int applied = 0;
        for (int round = 0; round < 12; round++)
        {
            RandomServices services = new(random) { Affinity = false };
            Ruleset model = Rulesets.Parse(services.Text());
            using IndexedMatcher matcher = new(model, MatcherHarness.Node);
            for (int update = 0; update < 12; update++)
            {
                Table nat = Rulesets.Parse(services.Text())[TableKind.Nat]!, changed = new(TableKind.Nat);
                foreach (Chain chain in nat.Chains.Where(c => c.Hook is null && (!matcher.Find(TableKind.Nat, c.Name, out _) || random.Next(c.Name == "SERVICES" ? 6 : 3) == 0)))
                    Copy(chain, changed.Add(chain.Name));
                // So many chains at once fill the room for updates before long.
                if (!matcher.TryReplace(changed))
                    break;
                applied++;
                Ruleset snapshot = matcher.Snapshot();
                using LinearMatcher fresh = new(snapshot, MatcherHarness.Node);
                RandomRules.Compare(fresh, matcher, random, v6: false, packets: 128, burst: update % 2 == 0);
            }
        }

        Assert.True(applied > 24, $"only {applied} updates found room");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    [InlineData(300)]
    public void However_many_endpoints_a_service_has_its_packets_draw_as_rules_do(int draws)
    {
        Random random = new(draws);
        Ruleset rules = Rulesets.Parse(new RandomServices(random) { Draws = draws }.Text());
        using LinearMatcher linear = new(rules, MatcherHarness.Node);
        using IndexedMatcher indexed = new(rules, MatcherHarness.Node);
        RandomRules.Compare(linear, indexed, random, v6: false, packets: 256, burst: false);
        RandomRules.Compare(linear, indexed, random, v6: false, packets: 256, burst: true);
    }

    /// <summary>The rewriting by a difference known beforehand, whatever checksums stand in the packet.</summary>
    [Fact]
    public void Packets_are_rewritten_as_nat_rewrites_them()
    {
        Random random = new(3);
        ushort[] edges = [0, 1, 0xfffe, 0xffff];
        for (int i = 0; i < 20_000; i++)
        {
            TestPacket packet = i % 2 == 0 ? TestPacket.Tcp("10.0.0.1", "10.0.0.2") : TestPacket.Udp("10.0.0.1", "10.0.0.2");
            random.NextBytes(packet.Bytes.AsSpan(16, 4));
            MemoryMarshal.Write(packet.Bytes.AsSpan(10), random.Next(2) == 0 ? edges[random.Next(4)] : (ushort)random.Next());
            MemoryMarshal.Write(packet.Bytes.AsSpan(i % 2 == 0 ? 36 : 26), random.Next(2) == 0 ? edges[random.Next(4)] : (ushort)random.Next());
            byte[] other = (byte[])packet.Bytes.Clone();
            PacketInfo info = packet.Info;
            uint address = random.Next(8) == 0 ? MemoryMarshal.Read<uint>(other.AsSpan(16)) : (uint)random.NextInt64();
            ushort port = random.Next(8) == 0 ? MemoryMarshal.Read<ushort>(other.AsSpan(22)) : (ushort)random.Next();
            ushort difference = InternetChecksum.Difference(MemoryMarshal.Read<uint>(other.AsSpan(16)), address);
            Assert.Equal(RewriteStatus.Ok, AddressRewriter.SetDestination(packet.Bytes, info, address, port));
            AddressRewriter.SetPlainDestination(ref other[0], ref other[22], ref other[i % 2 != 0 ? 26 : 36], i % 2 != 0, address, difference, port);
            Assert.Equal(packet.Bytes, other);
        }
    }

    /// <summary>Draws at the edges: never and always.</summary>
    [Fact]
    public void Draws_ahead_are_the_draws_that_come()
    {
        PacketRandom random = new(5);
        int[] ahead = new int[72];
        unsafe
        {
            fixed (int* draws = ahead)
            {
                random.Peek(draws, ahead.Length);
                int* limits = stackalloc int[8] { -1, int.MaxValue, 7, 0, 0, 0, 0, 0 };
                PacketRandom copy = random;
                Assert.Equal(1, copy.CountUntilWithin(limits, 3));
                Assert.Equal(1, random.CountAhead(0, limits, 3));
            }
        }

        for (int i = 0; i < ahead.Length; i++)
            Assert.Equal((int)(random.Next() & 0x7fffffff), ahead[i]);
    }

    [Fact]
    public void A_table_finds_every_key_and_no_other()
    {
        Random random = new(8);
        foreach (int count in (int[])[1, 2, 3, 100, 5000])
        {
            HashSet<ulong> keys = [];
            while (keys.Count < count)
                keys.Add(RuleHeadV4.KeyOf((ulong)random.NextInt64(), IpProtocol.Tcp, (ushort)random.Next(4)));
            CheckTable([.. keys], random);
        }
    }

    private static unsafe void CheckTable(ulong[] keys, Random random)
    {
        using DatapathKernels.Memory.NativeBuffer memory = new(ShortcutTable.BytesOf(keys.Length));
        ShortcutTable* table = ShortcutTable.Create(memory.Pointer, keys.Length);
        for (int i = 0; i < keys.Length; i++)
            ShortcutTable.Add(table, keys[i])->Rule = i;
        for (int i = 0; i < keys.Length; i++)
            Assert.Equal(i, ShortcutTable.Find(table, ShortcutTable.HomeOf(table, keys[i]), keys[i])->Rule);
        for (int i = 0; i < 1000; i++)
        {
            ulong other = RuleHeadV4.KeyOf((ulong)random.NextInt64(), IpProtocol.Udp, 80);
            Assert.True(ShortcutTable.Find(table, ShortcutTable.HomeOf(table, other), other) == null);
        }
    }

    private static void Copy(Chain from, Chain to)
    {
        foreach (Rule rule in from.Rules)
            to.Add(rule);
    }
}
