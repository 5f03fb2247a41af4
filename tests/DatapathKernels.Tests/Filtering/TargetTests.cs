using System.Buffers.Binary;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Targets that change a packet and let it go on, and REJECT's answers.</summary>
public class TargetTests
{
    [Theory]
    [InlineData("-j TTL --ttl-set 33")]
    [InlineData("-j TTL --ttl-inc 1")]
    [InlineData("-j DSCP --set-dscp 0x08")]
    [InlineData("-j TOS --set-tos 0x10/0x3f")]
    [InlineData("-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400")]
    [InlineData("-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")]
    [InlineData("-j CONNMARK --set-xmark 0x1/0xff")]
    [InlineData("-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xf0")]
    [InlineData("-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff")]
    [InlineData("-j CT --notrack")]
    [InlineData("-j CT --helper ftp --zone 7")]
    [InlineData("-j NOTRACK")]
    [InlineData("-j SET --add-set CLIENTS src,dst --exist --timeout 60 --del-set OLD dst")]
    [InlineData("-j SET --map-set PRIO dst --map-mark --map-prio")]
    [InlineData("-j LOG --log-prefix \"a \\\"b\\\": \" --log-level 7 --log-tcp-options --log-uid")]
    [InlineData("-j NFLOG --nflog-prefix x --nflog-group 5 --nflog-size 64 --nflog-threshold 20")]
    [InlineData("-j TRACE")]
    [InlineData("-j NETMAP --to 10.9.0.0/24")]
    [InlineData("-p tcp -j REDIRECT --to-ports 8080 --random")]
    public void A_target_saves_as_iptables_does_and_loads_again(string words)
    {
        Ruleset ruleset = Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], "-A INPUT " + words));
        Assert.Contains("-A INPUT " + words + "\n", DatapathKernels.Formats.Iptables.IptablesSaveWriter.Write(ruleset));
        Rulesets.AssertRoundTrips(ruleset);
    }

    [Theory]
    [InlineData("-j TTL --ttl-set 33", 0, 33)]
    [InlineData("-j TTL --ttl-inc 200", 0, 255)]
    [InlineData("-j TTL --ttl-dec 65", 0, 0)]
    [InlineData("-j DSCP --set-dscp-class EF", 0xb8, 64)]
    [InlineData("-j TOS --or-tos 0x03", 0x03, 64)]
    public void Header_fields_are_written_and_the_checksum_stays_right(string words, byte tos, byte ttl)
    {
        foreach ((string name, Func<Ruleset, MatcherOptions?, ChainMatcher> make) in Matchers.All)
        {
            TestPacket packet = TestPacket.Tcp("10.1.2.3", "10.0.0.1");
            Run(make, "-A INPUT " + words, packet, new PacketMeta(), TableKind.Mangle);
            Assert.Equal((name, tos, ttl), (name, packet.Bytes[1], packet.Bytes[8]));
            Assert.True(packet.ChecksumsAreRight());
        }
    }

    [Fact]
    public void Marks_are_copied_both_ways()
    {
        PacketMeta meta = new() { Mark = 0xabcd, ConnectionMark = 0x1234, State = ConnectionStates.Established };
        PacketMeta saved = Run(Matchers.All["linear"], "-A INPUT -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff", TestPacket.Tcp("10.1.2.3", "10.0.0.1"), meta);
        Assert.Equal(0x12cdu, saved.ConnectionMark);
        PacketMeta restored = Run(Matchers.All["linear"], "-A INPUT -j CONNMARK --restore-mark --mask 0xff", TestPacket.Tcp("10.1.2.3", "10.0.0.1"), meta);
        Assert.Equal(0xab34u, restored.Mark);
        meta.State = ConnectionStates.Invalid;
        Assert.Equal(0x1234u, Run(Matchers.All["linear"], "-A INPUT -j CONNMARK --set-mark 7", TestPacket.Tcp("10.1.2.3", "10.0.0.1"), meta).ConnectionMark);
    }

    [Theory]
    [InlineData("10.1.2.3", "10.0.0.1", 536)]
    [InlineData("fd00::9", "fd00::1", 1220)]
    public void A_SYN_without_a_segment_size_gets_one(string source, string destination, int expected)
    {
        TestPacket data = TestPacket.Tcp(source, destination), syn = WithoutPayload(data);
        Assert.Equal(RewriteStatus.Ok, SegmentSizeRewriter.Lower(data.Bytes, data.Info, 0, 1400, out int none));
        Assert.Equal(0, none);
        byte[] frame = [.. syn.Bytes, 0, 0, 0, 0];
        FlowParser.ParseNetwork(syn.Bytes, 0, out _, out _, out PacketInfo info);
        Assert.Equal(RewriteStatus.NoRoom, SegmentSizeRewriter.Lower(syn.Bytes, info, 0, 1400, out _));
        Assert.Equal(RewriteStatus.Ok, SegmentSizeRewriter.Lower(frame, info, 0, 1400, out int grown));
        Assert.Equal(4, grown);
        TestPacket made = new() { Bytes = frame };
        Assert.True(made.ChecksumsAreRight());
        Assert.Equal(expected, BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(made.Info.L4Offset + 22)));
        Assert.Equal(ParseStatus.Ok, made.Info.Status);
        Assert.Equal(RewriteStatus.Ok, SegmentSizeRewriter.Lower(frame, made.Info, 0, 500, out grown));
        Assert.Equal((0, true, 500), (grown, made.ChecksumsAreRight(), BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(made.Info.L4Offset + 22))));
    }

    [Fact]
    public void A_log_rule_tells_its_sink_and_the_walk_goes_on()
    {
        Sink sink = new();
        using LinearMatcher matcher = new(Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], "-A INPUT -j LOG --log-prefix \"hello \"", "-A INPUT -j DROP")), new MatcherOptions { Log = sink });
        PacketMeta meta = default;
        Assert.Equal(VerdictKind.Drop, MatcherHarness.Run(matcher, TestPacket.Tcp("10.1.2.3", "10.0.0.1"), ref meta).Kind);
        Assert.Equal(["hello  filter/INPUT 0"], sink.Lines);
    }

    [Theory]
    [InlineData(2, 0u, 5u, 20)]
    [InlineData(16, 7u, 0u, 4)]
    public void A_segment_is_reset(byte flags, uint sequence, uint acknowledged, byte expected)
    {
        foreach ((string source, string destination) in new[] { ("10.1.2.3", "10.0.0.1"), ("fd00::9", "fd00::1") })
        {
            TestPacket packet = TestPacket.Tcp(source, destination, flags: flags);
            int tcp = packet.Info.L4Offset;
            BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(tcp + 8), 7);
            PacketChecksums.Write(packet.Bytes, packet.Info);
            TestPacket reset = Answer(RejectKind.TcpReset, packet, out _);
            Assert.True(reset.ChecksumsAreRight());
            Assert.Equal(tcp + 20, reset.Bytes.Length);
            ReadOnlySpan<byte> segment = reset.Bytes.AsSpan(tcp);
            Assert.Equal((80, 40000), (BinaryPrimitives.ReadUInt16BigEndian(segment), BinaryPrimitives.ReadUInt16BigEndian(segment[2..])));
            Assert.Equal((sequence, acknowledged), (BinaryPrimitives.ReadUInt32BigEndian(segment[4..]), BinaryPrimitives.ReadUInt32BigEndian(segment[8..])));
            Assert.Equal((expected, 0), (segment[13], BinaryPrimitives.ReadUInt16BigEndian(segment[14..])));
        }
    }

    [Theory]
    [InlineData("10.1.2.3", "10.0.0.1", RejectKind.AdminProhibited, 3, 13, 28)]
    [InlineData("fd00::9", "fd00::1", RejectKind.V6PolicyFail, 1, 5, 48)]
    public void An_error_quotes_the_packet(string source, string destination, RejectKind kind, byte type, byte code, int quote)
    {
        TestPacket packet = TestPacket.Udp(source, destination);
        TestPacket error = Answer(kind, packet, out _);
        Assert.True(error.ChecksumsAreRight());
        Assert.Equal((type, code), (error.Bytes[quote - 8], error.Bytes[quote - 7]));
        Assert.True(error.Bytes.AsSpan(quote).SequenceEqual(packet.Bytes));
    }

    [Fact]
    public void Some_packets_are_not_answered()
    {
        Assert.Equal(RejectStatus.Fragment, StatusOf(RejectKind.PortUnreachable, TestPacket.Udp("10.1.2.3", "10.0.0.1").AsLaterFragment()));
        Assert.Equal(RejectStatus.IcmpError, StatusOf(RejectKind.PortUnreachable, TestPacket.Icmp("10.1.2.3", "10.0.0.1", 3)));
        Assert.Equal(RejectStatus.Ok, StatusOf(RejectKind.PortUnreachable, TestPacket.Icmp("10.1.2.3", "10.0.0.1", 8)));
        Assert.Equal(RejectStatus.NotUnicast, StatusOf(RejectKind.PortUnreachable, TestPacket.Udp("10.1.2.3", "224.0.0.1")));
        Assert.Equal(RejectStatus.NotTcp, StatusOf(RejectKind.TcpReset, TestPacket.Udp("10.1.2.3", "10.0.0.1")));
        Assert.Equal(RejectStatus.Reset, StatusOf(RejectKind.TcpReset, TestPacket.Tcp("10.1.2.3", "10.0.0.1", flags: 4)));
        Assert.Equal(RejectStatus.NotApplicable, StatusOf(RejectKind.V6NoRoute, TestPacket.Udp("10.1.2.3", "10.0.0.1")));
        TestPacket broken = TestPacket.Udp("10.1.2.3", "10.0.0.1");
        broken.Bytes[^1] ^= 1;
        Assert.Equal(RejectStatus.BadChecksum, StatusOf(RejectKind.PortUnreachable, broken));
    }

    [Fact]
    public void An_answer_that_does_not_fit_is_not_written()
    {
        TestPacket packet = TestPacket.Tcp("10.1.2.3", "10.0.0.1");
        using GuardedMemory memory = new(64);
        for (int room = 0; room < 40; room++)
        {
            Assert.Equal(RejectStatus.NoRoom, RejectBuilder.TryBuild(RejectKind.TcpReset, packet.Bytes, packet.Info, default, default, memory.AtEnd(room), out int length));
            Assert.Equal(RejectStatus.NoRoom, RejectBuilder.TryBuild(RejectKind.PortUnreachable, packet.Bytes, packet.Info, default, default, memory.AtEnd(room), out length));
            Assert.Equal(0, length);
        }
    }

    /// <summary>Test packets of TCP carry four bytes.</summary>
    private static TestPacket WithoutPayload(TestPacket packet)
    {
        TestPacket made = new() { Bytes = packet.Bytes[..^4] };
        bool ipv4 = made.Bytes[0] >> 4 == 4;
        BinaryPrimitives.WriteUInt16BigEndian(made.Bytes.AsSpan(ipv4 ? 2 : 4), (ushort)(ipv4 ? 40 : 20));
        PacketChecksums.Write(made.Bytes, made.Info);
        return made;
    }

    private static PacketMeta Run(Func<Ruleset, MatcherOptions?, ChainMatcher> make, string rule, TestPacket packet, PacketMeta meta, TableKind table = TableKind.Filter)
    {
        using ChainMatcher matcher = make(Rulesets.Parse(Rulesets.Table(Hooks.NameOf(table), ["INPUT"], rule)), null);
        Assert.True(matcher.Find(table, "INPUT", out ChainId chain));
        PacketRandom random = new(1);
        matcher.Evaluate(chain, packet.Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
        Assert.Equal(VerdictKind.Accept, verdict.Kind);
        return meta;
    }

    private static TestPacket Answer(RejectKind kind, TestPacket packet, out RejectStatus status)
    {
        byte[] answer = new byte[RejectBuilder.MaxBytes];
        status = RejectBuilder.TryBuild(kind, packet.Bytes, packet.Info, default, default, answer, out int length);
        return new TestPacket { Bytes = answer[..length] };
    }

    private static RejectStatus StatusOf(RejectKind kind, TestPacket packet)
    {
        Answer(kind, packet, out RejectStatus status);
        return status;
    }

    private sealed class Sink : IPacketLog
    {
        public List<string> Lines { get; } = [];

        public void Write(in PacketLogEvent packet) => Lines.Add($"{packet.Target.Prefix} {packet.Chain} {packet.Rule}");
    }
}
