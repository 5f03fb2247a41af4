using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Classifiers;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Rule sets of packet classifiers: every matcher finds the first rule that fits, as a walk over the plain rules does.</summary>
public class ClassifierTests
{
    [Fact]
    public void The_golden_rules()
    {
        JsonElement file = Vectors.Load("algorithms/classify.json");
        FiveTupleRule[] rules = [.. file.GetProperty("rules").EnumerateArray().Select(r => new FiveTupleRule(
            r[0].GetUInt32(), r[1].GetInt32(), r[2].GetUInt32(), r[3].GetInt32(),
            new PortRange(r[4].GetUInt16(), r[5].GetUInt16()), new PortRange(r[6].GetUInt16(), r[7].GetUInt16()), r[8].GetInt32()))];
        (FiveTuplePacket, int)[] packets = [.. file.GetProperty("packets").EnumerateArray().Select(p => (
            new FiveTuplePacket(p[0].GetUInt32(), p[1].GetUInt32(), p[2].GetUInt16(), p[3].GetUInt16(), p[4].GetInt32()), p[5].GetInt32()))];
        Check(rules, packets);
    }

    [CorpusTheory]
    [InlineData("acl1", "1k")]
    [InlineData("fw1", "1k")]
    [InlineData("ipc1", "1k")]
    [InlineData("acl1", "10k")]
    [InlineData("fw1", "10k")]
    [InlineData("ipc1", "10k")]
    public void ClassBench(string seed, string size)
    {
        string name = $"{seed}_{size}";
        FiveTupleRule[] rules = [.. Lines("neurocuts", size == "1k" ? name : name + ".gz").Select(FiveTupleRule.Parse)];
        (FiveTuplePacket, int)[] packets = [.. Lines("derived", name + ".trace.gz").Select(ParsePacket)];
        Check(rules, packets);
    }

    [Theory]
    [InlineData(ClassifierCharacter.AccessList, 300)]
    [InlineData(ClassifierCharacter.Firewall, 3000)]
    [InlineData(ClassifierCharacter.IpChain, 3000)]
    public void Generated_sets(ClassifierCharacter character, int count)
    {
        ClassifierRule[] rules = ClassifierGenerator.Rules(character, count, seed: 5);
        FlowKeyV4[] keys = ClassifierGenerator.Packets(rules, 2000, seed: 6);
        (FiveTuplePacket, int)[] packets = [.. keys.Select(key => (
            new FiveTuplePacket(BinaryPrimitives.ReverseEndianness(key.SourceBe), BinaryPrimitives.ReverseEndianness(key.DestinationBe), key.SourcePort, key.DestinationPort, (int)key.Protocol),
            Array.FindIndex(rules, rule => rule.Matches(key))))];
        Assert.DoesNotContain(packets, packet => packet.Item2 < 0);
        Assert.Equal(rules, ClassifierGenerator.Rules(character, count, seed: 5));
        Check([.. rules.Select(r => new FiveTupleRule(r.Source, r.SourceLength, r.Destination, r.DestinationLength, r.SourcePorts, r.DestinationPorts, (int?)r.Protocol ?? -1))], packets);
    }

    [CorpusFact]
    public void A_line_of_a_published_set_is_read_as_the_oracle_reads_it()
    {
        foreach (string line in Lines("neurocuts", "ipc1_1k"))
        {
            FiveTupleRule expected = FiveTupleRule.Parse(line);
            ClassifierRule rule = ClassifierRule.Parse(line);
            Assert.Equal(expected, new(rule.Source, rule.SourceLength, rule.Destination, rule.DestinationLength, rule.SourcePorts, rule.DestinationPorts, (int?)rule.Protocol ?? -1));
            Assert.Equal(expected.ToRule(3).ToString(), Assert.Single(rule.ToRules(4)).ToString());
        }

        Assert.Contains("expected @SOURCE/LEN", Assert.Throws<FormatException>(() => ClassifierRule.Parse("@1.2.3.4/32")).Message);
    }

    [Fact]
    public void Every_rule_can_be_saved_and_read_again()
    {
        PortRange any = PortRange.Any, some = new(80, 90);
        IpProtocol?[] protocols = [null, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp, IpProtocol.Icmp, IpProtocol.Gre];
        ClassifierRule[] rules = [.. protocols.SelectMany(protocol => new[] { (any, any), (some, any), (any, some), (some, some) }, (protocol, ports) =>
            new ClassifierRule(0x0a000000, 8, 0x0a010203, 32, ports.Item1, ports.Item2, protocol))];
        foreach (ClassifierRule rule in rules)
        {
            Ruleset ruleset = new(IpFamily.V4);
            Chain input = ruleset.GetOrAdd(TableKind.Filter).GetOrAdd("INPUT");
            foreach (Rule made in rule.ToRules(1))
                input.Add(made);
            Rulesets.AssertRoundTrips(ruleset);
            using LinearMatcher matcher = new(Rulesets.Parse(IptablesSaveWriter.Write(ruleset)));
            foreach (IpProtocol protocol in protocols.OfType<IpProtocol>())
            {
                foreach (ushort port in (ushort[])[80, 91])
                {
                    byte[] bytes = new FiveTuplePacket(0x0a000001, 0x0a010203, 85, port, (int)protocol).ToBytes(out PacketInfo info);
                    FlowParser.ParseNetwork(bytes, 0, out FlowKeyV4 key, out _, out _);
                    PacketMeta meta = default;
                    PacketRandom random = new(1);
                    Assert.True(matcher.Find(TableKind.Filter, "INPUT", out ChainId chain));
                    matcher.Evaluate(chain, bytes, info, ref meta, ref random, out PacketVerdict verdict);
                    Assert.Equal((rule, key, rule.Matches(key)), (rule, key, verdict.Rule >= 0 && matcher.RuleAt(verdict.Rule) is not null));
                }
            }
        }
    }

    /// <summary>
    /// The traces' own answers let a rule of ports match packets without ports, which iptables does not: they are held
    /// against packets with ports, all others against the walk alone.
    /// </summary>
    private static void Check(FiveTupleRule[] rules, (FiveTuplePacket Packet, int Expected)[] packets)
    {
        Ruleset ruleset = new(IpFamily.V4);
        Chain input = ruleset.GetOrAdd(TableKind.Filter).GetOrAdd("INPUT");
        for (int i = 0; i < rules.Length; i++)
            input.Add(rules[i].ToRule(i));
        int[] first = [.. packets.Select(p => Array.FindIndex(rules, rule => rule.Fits(p.Packet)))];
        for (int i = 0; i < packets.Length; i++)
        {
            if (packets[i].Packet.HasPorts)
                Assert.Equal((i, packets[i].Expected), (i, first[i]));
        }

        foreach ((string name, Func<Ruleset, MatcherOptions?, ChainMatcher> make) in Matchers.All)
        {
            using ChainMatcher matcher = make(ruleset, null);
            Assert.True(matcher.Find(TableKind.Filter, "INPUT", out ChainId chain));
            PacketRandom random = new(1);
            for (int i = 0; i < packets.Length; i++)
            {
                byte[] bytes = packets[i].Packet.ToBytes(out PacketInfo info);
                PacketMeta meta = default;
                matcher.Evaluate(chain, bytes, info, ref meta, ref random, out PacketVerdict verdict);
                int found = verdict.Rule < 0 ? -1 : matcher.RuleAt(verdict.Rule)!.Line - 1;
                Assert.Equal((name, i, packets[i].Packet, first[i]), (name, i, packets[i].Packet, found));
            }

            CheckBursts(matcher, chain, packets, first);
        }
    }

    private static void CheckBursts(ChainMatcher matcher, ChainId chain, (FiveTuplePacket Packet, int Expected)[] packets, int[] first)
    {
        using PacketArena arena = new(PacketBurst.MaxCount, 256);
        PacketInfo[] infos = new PacketInfo[PacketBurst.MaxCount];
        PacketVerdict[] verdicts = new PacketVerdict[PacketBurst.MaxCount];
        PacketRandom random = new(1);
        for (int done = 0; done < packets.Length; done += PacketBurst.MaxCount)
        {
            arena.Clear();
            int count = Math.Min(PacketBurst.MaxCount, packets.Length - done);
            for (int i = 0; i < count; i++)
                Assert.True(arena.TryAdd(packets[done + i].Packet.ToBytes(out infos[i]), LinkType.Raw));
            matcher.EvaluateBurst(chain, arena.Burst(0), infos, new PacketMeta[PacketBurst.MaxCount], ref random, verdicts);
            for (int i = 0; i < count; i++)
                Assert.Equal((done + i, first[done + i]), (done + i, verdicts[i].Rule < 0 ? -1 : matcher.RuleAt(verdicts[i].Rule)!.Line - 1));
        }
    }

    private static (FiveTuplePacket Packet, int Expected) ParsePacket(string line)
    {
        uint[] parts = [.. line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries).Select(part => (uint)long.Parse(part, CultureInfo.InvariantCulture))];
        return (new FiveTuplePacket(parts[0], parts[1], (ushort)parts[2], (ushort)parts[3], (int)parts[4]), (int)parts[^1]);
    }

    private static string[] Lines(string folder, string file)
    {
        using Stream stream = File.OpenRead(Corpus.PathOf("classbench", folder, file));
        using Stream unpacked = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using StreamReader reader = new(unpacked);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.Trim().Length > 0)];
    }
}
