using System.Net;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>The connection table, by the cases of the kernel's documentation and under attack.</summary>
public class ConntrackTableTests(ITestOutputHelper output)
{
    private const string A = "192.0.2.1", B = "10.0.0.1";
    private const byte Syn = 2, Ack = 16, SynAck = 18, Fin = 17, Rst = 4;

    [Fact]
    public void T01_to_T03_a_full_table_of_the_kernels()
    {
        using ConntrackTable table = Table(2);
        // Two unanswered: a third gets in and one (or both) goes.
        for (int port = 1; port <= 3; port++)
            Assert.Equal(TrackedAs.New, See(table, Udp(port), 0));
        Assert.InRange(table.Count, 1, 2);
        Assert.InRange(table.Evicted, 1, 2);

        using ConntrackTable assured = Table(1);
        Answered(assured, 1, 0);
        Assert.Equal(TrackedAs.TableFull, See(assured, Udp(9), 5000));
        Assert.Equal((1, 1, 0), (assured.Count, assured.DroppedFull, assured.Evicted));
    }

    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    [InlineData(EvictionPolicy.Lru)]
    public void T02_without_a_limit_the_memory_is_one(EvictionPolicy policy)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 0, Places = 300, Eviction = policy });
        Assert.Equal(0, table.Max);
        for (int port = 1; port <= 300; port++)
            Assert.Equal(TrackedAs.New, See(table, Udp(port), 0));
        for (int port = 301; port <= 310; port++)
            Assert.Equal(TrackedAs.TableFull, See(table, Udp(port), 0));
        Assert.Equal((300, 0, 10), (table.Count, table.Evicted, table.DroppedFull));
        Assert.Equal(300, table.Collect(300_000));
        Assert.Equal(TrackedAs.New, See(table, Udp(301), 300_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConntrackTable(new ConntrackOptions { Max = 0, Places = 0 }));
    }

    [Fact]
    public void T11_what_is_over_is_met_by_nobody()
    {
        using ConntrackTable table = Table(4);
        See(table, Udp(1), 0);
        Assert.Equal(TrackedAs.New, See(table, Udp(1), 29_999));
        Assert.Equal(TrackedAs.New, See(table, UdpReply(1), 59_999));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void T13_of_two_packets_that_race_the_first_confirmed_wins()
    {
        using ConntrackTable table = Table(8);
        TestPacket udp = Udp(1), tcp = TestPacket.Tcp(A, B, flags: Syn);
        Track(table, udp, 0, out int one, out _);
        Track(table, udp, 0, out int two, out _);
        Assert.True(table.Confirm(one, 0) && table.Confirm(two, 0));
        Track(table, tcp, 0, out one, out _);
        Track(table, tcp, 0, out two, out _);
        Assert.True(table.Confirm(one, 0));
        Assert.False(table.Confirm(two, 0));
        Assert.Equal((2, 1), (table.Count, table.InsertFailed));
    }

    [Fact]
    public void U01_to_U05_udp_becomes_a_stream_after_two_seconds()
    {
        using ConntrackTable table = Table(4);
        for (int second = 0; second <= 100; second += 5)
            Assert.Equal(TrackedAs.New, See(table, Udp(1), second * 1000));
        Assert.Equal(TrackedAs.Established, See(table, UdpReply(1), 100_500));
        Assert.Equal(130_500u, Only(table).ExpiresMs);
        Assert.Equal(TrackedAs.Established, See(table, Udp(1), 100_600));
        Assert.Equal((220_600u, true), (Only(table).ExpiresMs, (Only(table).Status & ConntrackStatus.Assured) != 0));

        using ConntrackTable young = Table(4);
        See(young, Udp(1), 0);
        See(young, UdpReply(1), 500);
        See(young, Udp(1), 2000);
        Assert.Equal((32_000u, ConntrackStatus.None), (Only(young).ExpiresMs, Only(young).Status & ConntrackStatus.Assured));
        See(young, Udp(1), 2001);
        Assert.Equal(122_001u, Only(young).ExpiresMs);
    }

    [Theory]
    [InlineData("192.0.2.1", "10.0.0.1", 8, 0)]
    [InlineData("2001:db8::1", "2001:db8::2", 128, 129)]
    public void I01_I02_echo(string from, string to, byte request, byte answer)
    {
        using ConntrackTable table = Table(4);
        Assert.Equal(TrackedAs.Invalid, See(table, TestPacket.Icmp(to, from, answer), 0));
        Assert.Equal(TrackedAs.New, See(table, TestPacket.Icmp(from, to, request), 0));
        Assert.Equal(TrackedAs.Established, See(table, TestPacket.Icmp(to, from, answer), 20_000));
        Assert.Equal(TrackedAs.Established, See(table, TestPacket.Icmp(from, to, request), 40_000));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void I03_to_I07_errors_are_related_to_what_they_quote()
    {
        using ConntrackTable table = Table(4);
        TestPacket packet = Udp(1);
        See(table, packet, 0);
        Assert.Equal(TrackedAs.Related, See(table, Error("10.9.9.9", packet), 10_000));
        Assert.Equal(30_000u, Only(table).ExpiresMs);
        TestPacket wrong = Error("10.9.9.9", packet);
        IPAddress.Parse("192.0.2.99").TryWriteBytes(wrong.Bytes.AsSpan(16), out _);
        Assert.Equal(TrackedAs.Invalid, See(table, wrong, 0));
        Assert.Equal(TrackedAs.Invalid, See(table, Error("10.9.9.9", Udp(2)), 0));
        Assert.Equal(TrackedAs.Invalid, See(table, Error("10.9.9.9", packet.AsLaterFragment()), 0));
        Assert.Equal(TrackedAs.Invalid, See(table, TestPacket.Icmp(A, B, 19), 0));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(19)]
    public void A_tcp_header_that_is_cut_off_is_invalid(int length)
    {
        using ConntrackTable table = Table(4);
        byte[] bytes = TestPacket.Tcp(A, B).Bytes[..(20 + length)];
        bytes[3] = (byte)bytes.Length;
        TestPacket.MendHeader(bytes);
        Assert.Equal((TrackedAs.Invalid, 0), (See(table, new TestPacket { Bytes = bytes }, 0), table.Count));
    }

    [Theory]
    [InlineData(A, B, 0, TrackedAs.Invalid)]
    [InlineData(A, B, 1, TrackedAs.New)]
    [InlineData("2001:db8::1", "2001:db8::2", 0, TrackedAs.Invalid)]
    [InlineData("2001:db8::1", "2001:db8::2", 1, TrackedAs.New)]
    public void UDP_Lite_without_a_checksum_is_invalid(string from, string to, byte checksum, TrackedAs expected)
    {
        using ConntrackTable table = Table(4);
        byte[] bytes = TestPacket.Udp(from, to).Copy().Bytes;
        bool ipv4 = from == A;
        int header = ipv4 ? 20 : 40;
        bytes[ipv4 ? 9 : 6] = (byte)IpProtocol.UdpLite;
        bytes[header + 4] = bytes[header + 5] = bytes[header + 6] = 0;
        bytes[header + 7] = checksum;
        if (ipv4)
            TestPacket.MendHeader(bytes);
        Assert.Equal(expected, See(table, new TestPacket { Bytes = bytes }, 0));
    }

    /// <summary>I06. The kernel needs the ports alone, or the eight bytes of a quoted echo; RFC 792 promises eight of either.</summary>
    [Theory]
    [InlineData(A, B)]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void I06_an_error_whose_quote_is_cut_before_what_names_a_connection_is_invalid(string from, string to)
    {
        bool ipv4 = from == A;
        using ConntrackTable table = Table(8);
        foreach ((TestPacket packet, int needed) in new[] { (TestPacket.Udp(from, to), 4), (TestPacket.Tcp(from, to), 4), (TestPacket.Icmp(from, to, (byte)(ipv4 ? 8 : 128)), 8) })
        {
            Assert.Equal(TrackedAs.New, See(table, packet, 0));
            int count = table.Count, header = ipv4 ? 20 : 40;
            for (int quoted = 0; quoted < header + needed; quoted++)
                Assert.Equal((quoted, TrackedAs.Invalid), (quoted, See(table, CutError(packet, quoted), 0)));
            Assert.Equal(TrackedAs.Related, See(table, CutError(packet, header + needed), 0));
            Assert.Equal(count, table.Count);
        }

        Assert.Equal(24 + (ipv4 ? 3 * 20 : 3 * 40) - 8, table.Invalid);
    }

    [Theory]
    [InlineData(A, B)]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void U07_a_UDP_length_below_its_header_or_beyond_the_datagram_is_invalid(string from, string to)
    {
        using ConntrackTable table = Table(8);
        int header = from == A ? 20 : 40, whole = TestPacket.Udp(from, to).Bytes.Length - header;
        foreach (int length in new[] { 1, 7, whole + 1, 65535 })
        {
            TestPacket packet = TestPacket.Udp(from, to).Copy();
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.Bytes.AsSpan(header + 4), (ushort)length);
            Assert.Equal((length, TrackedAs.Invalid), (length, See(table, packet, 0)));
        }

        Assert.Equal((0, 4), (table.Count, table.Invalid));
        Assert.Equal(TrackedAs.New, See(table, TestPacket.Udp(from, to), 0));
    }

    [Fact]
    public void G01_to_G03_other_protocols_zones_and_fragments()
    {
        using ConntrackTable table = Table(8);
        TestPacket dccp = Udp(1).Copy();
        dccp.Bytes[9] = (byte)IpProtocol.Dccp;
        Assert.Equal(TrackedAs.New, See(table, Tracking.Mended(dccp.Bytes), 0));
        Assert.Equal(600_000u, Only(table).ExpiresMs);
        FlowParser.ParseNetwork(Udp(1).Bytes, 7, out FlowKeyV4 key, out _, out PacketInfo info);
        table.Track(Udp(1).Bytes, info, ConntrackTable.KeyOf(key), 0, out int id, out _);
        table.Confirm(id, 0);
        See(table, Udp(1), 0);
        Assert.Equal(3, table.Count);
        Assert.Equal(TrackedAs.Untracked, See(table, Udp(1).AsLaterFragment(), 0));
    }

    [Fact]
    public void A_handshake_a_close_and_a_new_connection_of_the_same_ports()
    {
        using ConntrackTable table = Table(4);
        Assert.Equal(TrackedAs.New, See(table, Segment(Syn, 100, 0), 0));
        Assert.Equal(TrackedAs.Established, See(table, Segment(SynAck, 500, 101, reply: true), 0));
        Assert.Equal(TrackedAs.Established, See(table, Segment(Ack, 101, 501), 0));
        Assert.Equal(TcpState.Established, Only(table).Tcp.State);
        Assert.Equal(TrackedAs.Invalid, See(table, Segment(Ack, 101, 900_000), 0));
        See(table, Segment(Fin, 101, 501), 0);
        See(table, Segment(Fin, 501, 102, reply: true), 0);
        See(table, Segment(Ack, 102, 502), 0);
        Assert.Equal(TcpState.TimeWait, Only(table).Tcp.State);
        Assert.Equal(TrackedAs.New, See(table, Segment(Syn, 9000, 0), 1000));
        Assert.Equal((TcpState.SynSent, 1), (Only(table).Tcp.State, table.Count));
        Assert.Equal(TrackedAs.Established, See(table, Segment(Rst | Ack, 0, 9001, reply: true), 1000));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_dropped_packet_leaves_nothing()
    {
        using ConntrackTable table = Table(4);
        Track(table, Udp(1), 0, out int id, out _);
        table.Forget(id);
        Assert.Equal(0, table.Count);
        See(table, Udp(1), 0);
        Track(table, Udp(1), 0, out id, out _);
        table.Forget(id);
        Assert.Equal(1, table.Count);
    }

    /// <summary>
    /// Ten times the table's room in SYNs at once, upon 10,000 quiet established flows in a table for 20,000. What they become is the policy's character: the kernel's and the project's
    /// keep them all, the project's lets every newcomer in besides, the kernel's all but the few whose eight chains have none to drop; who drops newcomers keeps them and lets hardly
    /// anybody in; Cilium's knows no rank and lets the quiet ones go.
    /// </summary>
    [Theory]
    [InlineData(EvictionPolicy.Linux, 10_000, 199, 200, 100)]
    [InlineData(EvictionPolicy.LeastUseful, 10_000, 200, 200, 0)]
    [InlineData(EvictionPolicy.DropNew, 10_000, 0, 20, 195_000)]
    [InlineData(EvictionPolicy.Lru, 0, 200, 200, 0)]
    public void A_SYN_flood(EvictionPolicy policy, int keeps, int goodAtLeast, int goodAtMost, int refusedAtMost)
    {
        const int max = 20_000, established = 10_000;
        using ConntrackTable table = new(new ConntrackOptions { Max = max, Eviction = policy, HashKey = (11, 12), UsesKernelHash = policy == EvictionPolicy.Linux });
        for (int i = 0; i < established; i++)
            Open(table, $"192.0.{i >> 8}.{i & 255}", 0);
        TestPacket flood = Segment(Syn, 1, 0);
        int good = 0, refused = 0, kept = 0;
        for (uint i = 0; i < 10 * max; i++)
        {
            BitConverter.TryWriteBytes(flood.Bytes.AsSpan(12), i + 0x0b000000);
            refused += See(table, flood, 1000) == TrackedAs.TableFull ? 1 : 0;
            Assert.InRange(table.Count, 0, max);
            if (i % 1000 == 0)
                good += Open(table, $"198.51.{i >> 18}.{(i / 1000) & 255}", 1000) ? 1 : 0;
        }

        HashSet<IPv6Address> survivors = [.. Tracking.All(table).Where(view => (view.Status & ConntrackStatus.SeenReply) != 0).Select(view => view.Original.Source)];
        for (int i = 0; i < established; i++)
            kept += survivors.Contains(ConntrackVectorTests.Mapped($"192.0.{i >> 8}.{i & 255}")) ? 1 : 0;
        output.WriteLine($"{policy}: {kept} of {established} established flows kept, {good} of 200 handshakes during the flood done, {refused} of {10 * max} SYNs refused, {table.Evicted} evicted");
        Assert.InRange(kept, keeps, keeps + 100);
        Assert.InRange(good, goodAtLeast, goodAtMost);
        Assert.InRange(refused, 0, refusedAtMost);
    }

    [Fact]
    public void DropNew_keeps_what_it_has()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 3, Eviction = EvictionPolicy.DropNew });
        for (int port = 1; port <= 3; port++)
            See(table, Udp(port), 0);
        Assert.Equal(TrackedAs.TableFull, See(table, Udp(4), 0));
        Assert.Equal(3, table.Collect(31_000));
        Assert.Equal(TrackedAs.New, See(table, Udp(4), 31_000));
    }

    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    [InlineData(EvictionPolicy.Lru)]
    public void A_storm_of_random_packets_leaves_a_table_that_empties(EvictionPolicy policy)
    {
        Random random = new((int)policy);
        using ConntrackTable table = new(new ConntrackOptions { Max = 50, Buckets = 16, Eviction = policy });
        long bytes = table.MemoryBytes, now = 0;
        byte[] flags = [Syn, SynAck, Ack, Fin, Rst, 0, 63];
        for (int i = 0; i < 100_000; i++)
        {
            now += random.Next(100);
            string one = $"192.0.2.{random.Next(6)}", other = $"10.0.0.{random.Next(3)}";
            (string from, string to) = random.Next(2) == 0 ? (one, other) : (other, one);
            TestPacket packet = random.Next(4) switch
            {
                0 => TestPacket.Udp(from, to, 1, 1),
                1 => TestPacket.Icmp(from, to, (byte)random.Next(20)),
                2 => Tracking.Sctp(from, to, 1, 1, (uint)random.Next(2), 1, (SctpChunkType)random.Next(15)),
                _ => TestPacket.Tcp(from, to, 1, 1, flags[random.Next(flags.Length)]),
            };
            packet.Bytes[20 + random.Next(packet.Bytes.Length - 20)] ^= (byte)(random.Next(3) == 0 ? 1 << random.Next(8) : 0);
            See(table, packet, now);
            Assert.InRange(table.Count, 0, 50);
        }

        table.Collect(now + 500_000_000, 1000);
        Assert.Equal((0, bytes), (table.Count, table.MemoryBytes));
    }

    [Fact]
    public void A_burst_equals_singles()
    {
        Random random = new(4);
        using ConntrackTable one = Table(40), other = Table(40);
        using PacketArena arena = new(64, 512);
        TrackedPacket[] results = new TrackedPacket[64];
        for (int round = 1; round < 200; round++)
        {
            arena.Clear();
            TestPacket[] packets = [.. Enumerable.Range(0, 1 + (round % 64)).Select(_ => random.Next(2) == 0 ? Udp(1 + random.Next(60)) : UdpReply(1 + random.Next(60)))];
            FlowKeyV6[] keys = new FlowKeyV6[64];
            PacketInfo[] infos = new PacketInfo[64];
            for (int i = 0; i < packets.Length; i++)
            {
                arena.TryAdd(packets[i].Bytes, LinkType.Raw);
                FlowParser.ParseNetwork(packets[i].Bytes, 0, out FlowKeyV4 key, out _, out infos[i]);
                keys[i] = ConntrackTable.KeyOf(key);
            }

            other.TrackBurst(arena.Burst(0, packets.Length), infos, keys, round * 100, results);
            for (int i = 0; i < packets.Length; i++)
                Assert.Equal(See(one, packets[i], round * 100), results[i].State);
            Assert.Equal((one.Count, one.Evicted, one.Invalid), (other.Count, other.Evicted, other.Invalid));
        }
    }

    [Fact]
    public void Sizes_memory_allocation_and_dispose()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConntrackTable(new ConntrackOptions { Max = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConntrackTable(new ConntrackOptions { Buckets = -1 }));
        ConntrackTable table = Table(1000);
        // One burst's connections more than the limit.
        Assert.InRange(table.MemoryBytes, 1000 * 188, (1000 + 65) * 192);
        using (ConntrackTable large = new(new ConntrackOptions { Max = 1 << 20 }))
            Assert.InRange((double)large.MemoryBytes / large.Max, 188, 188.1);
        TestPacket packet = Udp(1);
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 key, out _, out PacketInfo info);
        FlowKeyV6 tuple = ConntrackTable.KeyOf(key);
        Allocation.IsZero(() =>
        {
            if (table.Track(packet.Bytes, info, tuple, 0, out int id, out _) == TrackedAs.New)
                table.Confirm(id, 0);
        });
        table.Dispose();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => See(table, packet, 0));
    }

    private static ConntrackTable Table(int max) => new(new ConntrackOptions { Max = max, UsesKernelHash = true, HashKey = (3, 4) });

    private static TestPacket Udp(int port) => TestPacket.Udp(A, B, port, 53);

    private static TestPacket UdpReply(int port) => TestPacket.Udp(B, A, 53, port);

    private static TestPacket Segment(byte flags, uint sequence, uint ack, bool reply = false, string from = A)
    {
        TestPacket packet = reply ? TestPacket.Tcp(B, from, 80, 40000, flags) : TestPacket.Tcp(from, B, 40000, 80, flags);
        packet.Bytes[32] = 5 << 4;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(24), sequence);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(28), ack);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.Bytes.AsSpan(34), 60_000);
        return new TestPacket { Bytes = Shorten(packet.Bytes) };
    }

    /// <summary>Without payload.</summary>
    private static byte[] Shorten(byte[] bytes)
    {
        byte[] shorter = bytes[..40];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(shorter.AsSpan(2), 40);
        return shorter;
    }

    private static bool Open(ConntrackTable table, string from, long nowMs)
    {
        bool opened = See(table, Segment(Syn, 100, 0, from: from), nowMs) == TrackedAs.New;
        return opened && See(table, Segment(SynAck, 500, 101, reply: true, from: from), nowMs) == TrackedAs.Established
            && See(table, Segment(Ack, 101, 501, from: from), nowMs) == TrackedAs.Established;
    }

    /// <summary>A UDP stream, assured.</summary>
    private static void Answered(ConntrackTable table, int port, long nowMs)
    {
        See(table, Udp(port), nowMs);
        See(table, UdpReply(port), nowMs);
        See(table, Udp(port), nowMs + 2001);
    }

    private static TestPacket Error(string from, TestPacket about)
    {
        byte[] answer = new byte[576];
        byte[] source = new byte[16];
        IPAddress.Parse(from).TryWriteBytes(source, out _);
        int length = IcmpErrorWriter.Write(about.Bytes, about.Info, about.Bytes.Length, 3, 3, 0, new IPv6Address(source), answer);
        return new TestPacket { Bytes = answer[..length] };
    }

    /// <summary>An error from the packet's destination that quotes so many of its bytes.</summary>
    private static TestPacket CutError(TestPacket about, int quoted)
    {
        bool ipv4 = about.Bytes[0] >> 4 == 4;
        byte[] head = Tracking.Answer(about).Bytes[..(ipv4 ? 20 : 40)];
        byte[] bytes = [.. head, (byte)(ipv4 ? 3 : 1), (byte)(ipv4 ? 3 : 4), 0, 0, 0, 0, 0, 0, .. about.Bytes[..quoted]];
        bytes[ipv4 ? 9 : 6] = (byte)(ipv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(ipv4 ? 2 : 4), (ushort)(bytes.Length - (ipv4 ? 0 : 40)));
        return Tracking.Mended(bytes);
    }

    private static TrackedAs Track(ConntrackTable table, TestPacket packet, long nowMs, out int id, out bool reply)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        return table.Track(packet.Bytes, info, (info.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6, nowMs, out id, out reply);
    }

    /// <summary>A packet that gets through.</summary>
    private static TrackedAs See(ConntrackTable table, TestPacket packet, long nowMs)
    {
        TrackedAs state = Track(table, packet, nowMs, out int id, out _);
        return state == TrackedAs.New && id >= 0 && !table.Confirm(id, nowMs) ? TrackedAs.TableFull : state;
    }

    private static ConnectionView Only(ConntrackTable table)
    {
        Assert.Equal(1, table.Count);
        return Enumerable.Range(0, 16).Select(table.View).OfType<ConnectionView>().Single();
    }
}
