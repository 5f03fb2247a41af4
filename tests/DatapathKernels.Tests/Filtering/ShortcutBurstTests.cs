using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>
/// Bursts of frames that are usual in all sorts of ways and unusual in others, side by side, at every length: the answers, bytes, draws and
/// counters of the walk rule by rule.
/// </summary>
public class ShortcutBurstTests
{
    private const int MostFrames = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Frames_of_every_shape_answer_in_bursts_as_alone(int seed)
    {
        Random random = new(seed);
        Ruleset rules = Rulesets.Parse(new RandomServices(random).Text());
        using LinearMatcher linear = new(rules, MatcherHarness.Node);
        using IndexedMatcher indexed = new(rules, MatcherHarness.Node);
        Assert.True(linear.Find(TableKind.Nat, "PREROUTING", out ChainId left));
        Assert.True(indexed.Find(TableKind.Nat, "PREROUTING", out ChainId right));
        PacketRandom leftDraws = new(7), rightDraws = new(7);
        using PacketArena arena = new(MostFrames, 256);
        for (int round = 0; round < 200; round++)
        {
            int count = 1 + (round % MostFrames);
            arena.Clear();
            byte[][] frames = [.. Enumerable.Range(0, count).Select(_ => Frame(random))];
            foreach (byte[] frame in frames)
                Assert.True(arena.TryAdd(frame, LinkType.Ethernet));
            PacketInfo[] infos = [.. frames.Select(InfoOf)];
            PacketMeta[] metas = [.. frames.Select((_, i) => new PacketMeta { GrownBytes = (ushort)(i % 5 == 0 ? 4 : 0) })], others = [.. metas];
            PacketVerdict[] verdicts = new PacketVerdict[count];
            PacketBurst burst = arena.Burst(0);
            indexed.EvaluateBurst(right, burst, infos, others, ref rightDraws, verdicts);
            for (int i = 0; i < count; i++)
            {
                linear.Evaluate(left, frames[i], infos[i], ref metas[i], ref leftDraws, out PacketVerdict verdict);
                Assert.Equal(RandomRules.Words(linear, verdict), RandomRules.Words(indexed, verdicts[i]));
                Assert.Equal(BytesOf(verdict.Destination), BytesOf(verdicts[i].Destination));
                Assert.Equal(metas[i], others[i]);
                Assert.Equal(frames[i], burst[i].ToArray());
            }

            Assert.Equal(leftDraws, rightDraws);
        }

        Assert.Equal(IptablesSaveWriter.Write(linear.Snapshot(), counters: true), IptablesSaveWriter.Write(indexed.Snapshot(), counters: true));
    }

    /// <summary>A verdict is written by its bytes: another's answer that was there before leaves nothing.</summary>
    [Fact]
    public void Answers_leave_nothing_of_what_was_there_before()
    {
        Ruleset rules = Rulesets.Parse(new RandomServices(new Random(1)) { Draws = 0 }.Text());
        using IndexedMatcher matcher = new(rules, MatcherHarness.Node);
        Assert.True(matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain));
        PacketRandom draws = new(1);
        for (int i = 0; i < 16; i++)
        {
            TestPacket packet = i % 2 == 0 ? TestPacket.Tcp("10.0.0.2", "10.0.0.3", destinationPort: 80 + (i / 4)) : TestPacket.Udp("10.0.0.2", "10.0.0.3", destinationPort: 80 + (i / 4));
            PacketMeta meta = default;
            PacketVerdict[] filled = new PacketVerdict[1];
            MemoryMarshal.AsBytes(filled.AsSpan()).Fill(0xff);
            matcher.Evaluate(chain, packet.Copy().Bytes, packet.Info, ref meta, ref draws, out filled[0]);
            PacketVerdict rebuilt = new()
            {
                Kind = filled[0].Kind,
                Rule = filled[0].Rule,
                Destination = new NatBinding
                {
                    Address = filled[0].Destination.Address,
                    Port = filled[0].Destination.Port,
                    HighPort = filled[0].Destination.Port,
                    Kind = filled[0].Destination.Kind,
                    Flags = filled[0].Destination.Flags,
                    HasAddress = filled[0].Destination.HasAddress,
                    HasPort = filled[0].Destination.HasPort,
                },
            };
            Assert.Equal(VerdictKind.Accept, filled[0].Kind);
            Assert.Equal(BytesOf(rebuilt), BytesOf(filled[0]));
        }
    }

    [Fact]
    public unsafe void Eight_keys_have_the_homes_that_each_has()
    {
        Random random = new(4);
        using DatapathKernels.Memory.NativeBuffer memory = new(ShortcutTable.BytesOf(1000));
        ShortcutTable* table = ShortcutTable.Create(memory.Pointer, 1000);
        for (int round = 0; round < 100; round++)
        {
            ulong[] keys = [.. Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64())];
            Vector512<ulong> homes = ShortcutTable.HomesOf(table, Vector512.Create(keys));
            for (int i = 0; i < 8; i++)
                Assert.Equal((ulong)ShortcutTable.HomeOf(table, keys[i]), homes[i]);
        }
    }

    private static byte[] BytesOf<T>(T value)
        where T : struct => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    private static PacketInfo InfoOf(byte[] frame)
    {
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        return info;
    }

    private static byte[] Frame(Random random)
    {
        byte[] datagram = RandomRules.Packet(random, v6: false).Bytes;
        if (random.Next(6) == 0)
            datagram = WithOptions(datagram);
        if (random.Next(12) == 0)
            BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), (ushort)(random.Next(2) == 0 ? 0x2000 : 3));
        byte[] link = random.Next(6) == 0 ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 7, 8, 0] : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];
        byte[] frame = [.. link, .. datagram, .. new byte[random.Next(3) == 0 ? random.Next(20) : 0]];
        return random.Next(16) == 0 ? frame[..^random.Next(1, 12)] : frame;
    }

    /// <summary>Four bytes of no operation; the header's checksum is not asked for.</summary>
    private static byte[] WithOptions(byte[] datagram)
    {
        byte[] longer = [.. datagram[..20], 1, 1, 1, 0, .. datagram[20..]];
        longer[0] = 0x46;
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(2), (ushort)longer.Length);
        return longer;
    }
}
