using DatapathKernels.Conntrack;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;
using static DatapathKernels.Packets.SctpChunkType;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>SCTP by the rules of <c>nf_conntrack_proto_sctp.c</c>: handshake, shutdown, tags, heartbeats on other paths, timeouts.</summary>
public class SctpTests(ITestOutputHelper output)
{
    private const string A = "192.0.2.1", B = "10.0.0.1";
    private const uint TagA = 0xaaaa, TagB = 0xbbbb;

    [Fact]
    public void A_handshake_data_and_an_orderly_end()
    {
        using ConntrackTable table = Table();
        Expect(table, TrackedAs.New, FromA(0, Init), SctpState.Closed, 10);
        Expect(table, TrackedAs.Established, FromB(TagA, InitAck), SctpState.CookieWait, 3);
        Expect(table, TrackedAs.Established, FromA(TagB, CookieEcho, Data), SctpState.CookieEchoed, 3);
        Assert.False(IsAssured(table));
        Expect(table, TrackedAs.Established, FromB(TagA, CookieAck), SctpState.Established, 210);
        Assert.True(IsAssured(table));
        Expect(table, TrackedAs.Established, FromA(TagB, Data), SctpState.Established, 210);
        Expect(table, TrackedAs.Established, FromA(TagB, Shutdown), SctpState.ShutdownSent, 3);
        Expect(table, TrackedAs.Established, FromB(TagA, ShutdownAck), SctpState.ShutdownAckSent, 3);
        Expect(table, TrackedAs.Established, FromA(TagB, ShutdownComplete), SctpState.Closed, 10);
        Assert.Equal((1, 0L), (table.Count, table.Invalid));
    }

    [Fact]
    public void The_other_side_may_end_it_too()
    {
        using ConntrackTable table = Established();
        Expect(table, TrackedAs.Established, FromB(TagA, Shutdown), SctpState.ShutdownRecd, 3);
        Expect(table, TrackedAs.Established, FromA(TagB, ShutdownAck), SctpState.ShutdownAckSent, 3);
        Expect(table, TrackedAs.Established, FromB(TagA, ShutdownComplete), SctpState.Closed, 10);
    }

    [Fact]
    public void Packets_with_a_strange_tag_are_invalid()
    {
        foreach (SctpChunkType[] chunks in new SctpChunkType[][] { [Data], [Abort], [Shutdown], [CookieEcho], [ShutdownComplete], [Init] })
        {
            using ConntrackTable table = Established();
            Expect(table, TrackedAs.Invalid, FromA(0x1234, chunks), SctpState.Established, 210);
        }

        using ConntrackTable aborted = Established();
        Expect(aborted, TrackedAs.Established, FromA(TagB, Abort), SctpState.Closed, 10);

        // With the T bit, the tag is the peer's own.
        using ConntrackTable reflected = Established();
        TestPacket packet = FromA(TagA, Abort);
        packet.Bytes[20 + 12 + 1] = 1;
        Expect(reflected, TrackedAs.Established, packet, SctpState.Closed, 10);
    }

    [Fact]
    public void What_opens_no_association()
    {
        using ConntrackTable table = Table();
        foreach (SctpChunkType[] chunks in new SctpChunkType[][] { [Data], [(SctpChunkType)3], [Abort], [ShutdownComplete], [CookieAck], [Init, Data], [Data, CookieEcho], [] })
            Assert.Equal(TrackedAs.Invalid, Tracking.See(table, FromA(TagB, chunks), 0));
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, FromA(TagB, Init), 0));
        TestPacket empty = FromA(TagB, ShutdownAck);
        empty.Bytes[20 + 12 + 3] = 0;
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, empty, 0));
        Assert.Equal(0, table.Count);

        // A SHUTDOWN ACK out of the blue is answered by a SHUTDOWN COMPLETE with the same tag (section 8.4).
        Expect(table, TrackedAs.New, FromA(TagB, ShutdownAck), SctpState.ShutdownAckSent, 3);
        Expect(table, TrackedAs.Established, FromB(TagB, ShutdownComplete), SctpState.Closed, 10);
    }

    [Fact]
    public void An_INIT_sent_again_does_not_renew()
    {
        using ConntrackTable table = Table();
        Tracking.See(table, FromA(0, Init), 0);
        Assert.Equal(TrackedAs.New, Tracking.See(table, FromA(0, Init), 5000));
        Assert.Equal(10_000u, Tracking.All(table)[0].ExpiresMs);
    }

    [Fact]
    public void Two_INITs_that_cross()
    {
        using ConntrackTable table = Table();
        Tracking.See(table, FromA(0, Init), 0);
        Tracking.See(table, FromB(0, Init), 0);
        Expect(table, TrackedAs.Established, FromB(TagA, InitAck), SctpState.CookieWait, 3);
        Expect(table, TrackedAs.Established, FromA(TagB, CookieEcho), SctpState.CookieEchoed, 3);
        Expect(table, TrackedAs.Established, FromB(TagA, CookieAck), SctpState.Established, 210);

        // An INIT ACK naming another tag than the crossing INIT did belongs to neither.
        using ConntrackTable other = Table();
        Tracking.See(other, FromA(0, Init), 0);
        Tracking.See(other, FromB(0, Init), 0);
        Assert.Equal(TrackedAs.Invalid, Tracking.See(other, Tracking.Sctp(B, A, 80, 40000, TagA, 0x777, InitAck), 0));
    }

    [Fact]
    public void A_second_path_is_known_by_its_heartbeats()
    {
        using ConntrackTable table = Table();
        Expect(table, TrackedAs.New, FromA(TagB, Heartbeat), SctpState.HeartbeatSent, 30);
        Expect(table, TrackedAs.Established, FromB(TagA, HeartbeatAck), SctpState.Established, 210);
        Assert.True(IsAssured(table));
        Expect(table, TrackedAs.Established, FromA(TagB, Data), SctpState.Established, 210);

        // Restarted with new tags: a strange heartbeat alone changes nothing, its answer does.
        Tracking.See(table, FromA(0x77, Heartbeat), 100_000);
        Assert.Equal(210_000u, Tracking.All(table)[0].ExpiresMs);
        Assert.Equal(TrackedAs.Established, Tracking.See(table, FromB(0x88, HeartbeatAck), 100_000));
        Assert.Equal((0u, 0x88u), (Tracking.All(table)[0].Sctp.OriginalTag, Tracking.All(table)[0].Sctp.ReplyTag));
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, FromB(TagA, Data), 100_000));

        // A strange heartbeat with data, or an answer that nobody asked for, is not believed.
        using ConntrackTable strict = Established();
        Assert.Equal(TrackedAs.Invalid, Tracking.See(strict, FromA(0x77, Heartbeat, Data), 0));
        Assert.Equal(TrackedAs.Invalid, Tracking.See(strict, FromB(0x88, HeartbeatAck), 0));
    }

    [Fact]
    public void Timeouts_are_settings_and_a_tracked_packet_allocates_nothing()
    {
        int[] timeouts = [.. SctpSettings.Default.StateTimeouts];
        timeouts[(int)SctpState.Closed] = 77;
        using ConntrackTable table = new(new ConntrackOptions { Max = 10, Sctp = new SctpSettings { StateTimeouts = timeouts } });
        Expect(table, TrackedAs.New, FromA(0, Init), SctpState.Closed, 77);
        Assert.Throws<ArgumentException>(() => new SctpSettings { StateTimeouts = [1, 2] });
        using ConntrackTable established = Established();
        TestPacket data = FromA(TagB, Data);
        FlowKeyV6 key = Tracking.KeyOf(data, out PacketInfo info);
        Allocation.IsZero(() => established.Track(data.Bytes, info, key, 0, out _, out _));
    }

    /// <summary>Associations of real captures, none of which sees the end: those with a handshake are established; one that begins with data is not tracked.</summary>
    [CorpusTheory]
    [InlineData("zeek__communityid__sctp.pcap", SctpState.Established)]
    [InlineData("suricata-verify__sctp-keywords__input.pcap", SctpState.Established)]
    [InlineData("tcpdump__isup.pcap", SctpState.None)]
    public void Associations_of_captures(string file, SctpState expected)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 100 });
        int packets = 0;
        using (CaptureReader reader = CaptureReader.Open(Corpus.PathOf("pcap", "files", file)))
        {
            while (reader.TryReadNext(out CaptureRecord record))
            {
                FlowParser.Parse(record.Frame, record.LinkType, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
                if (info.Protocol != IpProtocol.Sctp)
                    continue;
                FlowKeyV6 key = (info.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6;
                if (table.Track(record.Frame, info, key, (long)(record.TimestampNs / 1_000_000), out int id, out _) == TrackedAs.New && id >= 0)
                    table.Confirm(id, (long)(record.TimestampNs / 1_000_000));
                packets++;
            }
        }

        output.WriteLine($"{file}: {packets} packets, {table.Invalid} invalid: {string.Join(", ", Tracking.All(table).Select(view => view.Sctp.State))}");
        Assert.True(packets > 0);
        SctpState last = Tracking.All(table).Select(view => view.Sctp.State).FirstOrDefault();
        Assert.Equal((expected, expected == SctpState.None), (last, table.Invalid == packets));
    }

    private static ConntrackTable Table() => new(new ConntrackOptions { Max = 10 });

    private static ConntrackTable Established()
    {
        ConntrackTable table = Table();
        foreach (TestPacket packet in new[] { FromA(0, Init), FromB(TagA, InitAck), FromA(TagB, CookieEcho), FromB(TagA, CookieAck) })
            Tracking.See(table, packet, 0);
        return table;
    }

    private static bool IsAssured(ConntrackTable table) => (Tracking.All(table)[0].Status & ConntrackStatus.Assured) != 0;

    private static void Expect(ConntrackTable table, TrackedAs expected, TestPacket packet, SctpState state, int seconds)
    {
        TrackedAs actual = Tracking.See(table, packet, 0);
        ConnectionView view = Assert.Single(Tracking.All(table));
        Assert.Equal((expected, state, seconds * 1000u), (actual, view.Sctp.State, view.ExpiresMs));
    }

    private static TestPacket FromA(uint tag, params SctpChunkType[] chunks) => Tracking.Sctp(A, B, 40000, 80, tag, TagA, chunks);

    private static TestPacket FromB(uint tag, params SctpChunkType[] chunks) => Tracking.Sctp(B, A, 80, 40000, tag, TagB, chunks);
}
