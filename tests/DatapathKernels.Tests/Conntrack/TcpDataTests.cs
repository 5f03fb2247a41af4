using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>The short way of the usual TCP segment leads where the long one does, in bursts and in single calls.</summary>
public class TcpDataTests
{
    private static readonly TcpFlags[] Flags =
    [
        TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Ack | TcpFlags.Psh, TcpFlags.Ack | TcpFlags.Urg, TcpFlags.Ack | TcpFlags.Fin, TcpFlags.Rst, TcpFlags.Syn,
        TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Ack | TcpFlags.Ece,
    ];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Segments_around_the_window_leave_both_tables_alike(int seed, bool sacks)
    {
        Random random = new(seed);
        for (int run = 0; run < 60; run++)
        {
            ConntrackOptions options = new() { Max = 8, HashKey = (1, 2), Accounting = true };
            using ConntrackTable longWay = new(options) { HasShortWay = false }, singles = new(options), bursts = new(options);
            using PacketArena arena = new(1, 512);
            (uint mine, uint yours) = (run % 3 == 0 ? uint.MaxValue - 20 : (uint)random.Next(), (uint)random.Next());
            byte[] options6 = sacks ? [4, 2, 3, 3, 2, 0, 0, 0] : [];
            long now = 1000;
            Both(Segment(false, TcpFlags.Syn, mine, 0, 5000, 0, options6));
            Both(Segment(true, TcpFlags.Syn | TcpFlags.Ack, yours, mine + 1, 6000, 0, options6));
            Both(Segment(false, TcpFlags.Ack, mine + 1, yours + 1, 5000, 0, []));
            (mine, yours) = (mine + 1, yours + 1);
            for (int i = 0; i < 80; i++)
            {
                bool reply = random.Next(2) == 0;
                TcpFlags flags = Flags[random.Next(i < 60 ? 5 : Flags.Length)];
                uint at = (reply ? yours : mine) + Near(random), ack = (reply ? mine : yours) + Near(random);
                byte[] extra = random.Next(4) switch { 0 => [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], 1 when sacks => Sack(ack + (uint)random.Next(200)), _ => [] };
                int payload = random.Next(3) * 40;
                Both(Segment(reply, flags, at, ack, (ushort)(random.Next(6) == 0 ? 0 : random.Next(8000)), payload, extra));
                (mine, yours) = reply ? (mine, yours + (uint)random.Next(60)) : (mine + (uint)random.Next(60), yours);
                now += random.Next(10) == 0 ? 400_000 : 50;
            }

            void Both(byte[] frame)
            {
                arena.Clear();
                Assert.True(arena.TryAdd(frame));
                Assert.True(FlowParser.TryParse(frame, out FlowKeyV4 v4, out PacketInfo info));
                FlowKeyV6 key = ConntrackTable.KeyOf(v4);
                TrackedPacket[] results = new TrackedPacket[1];
                bursts.TrackBurst(arena.Burst(0), [info], [key], now, results);
                Assert.Equal(Track(longWay, frame, info, key), results[0]);
                Assert.Equal(Track(singles, frame, info, key), results[0]);
                Assert.Equal((longWay.Count, longWay.Invalid, longWay.View(0)), (bursts.Count, bursts.Invalid, bursts.View(0)));
                Assert.Equal((longWay.Count, longWay.Invalid, longWay.View(0)), (singles.Count, singles.Invalid, singles.View(0)));
            }

            TrackedPacket Track(ConntrackTable table, byte[] frame, in PacketInfo info, in FlowKeyV6 key)
            {
                TrackedAs state = table.Track(frame, info, key, now, out int id, out bool reply);
                if (state == TrackedAs.New)
                    table.Confirm(id, now);
                return new TrackedPacket(state, id, reply);
            }
        }
    }

    private static uint Near(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => (uint)random.Next(-200, 200),
        2 => (uint)random.Next(-70_000, 70_000),
        _ => (uint)random.Next(60),
    };

    private static byte[] Sack(uint right) =>
        [1, 1, 5, 10, 0, 0, 0, 1, (byte)(right >> 24), (byte)(right >> 16), (byte)(right >> 8), (byte)right];

    private static byte[] Segment(bool reply, TcpFlags flags, uint sequence, uint ack, ushort window, int payload, byte[] extra)
    {
        int header = 20 + extra.Length;
        byte[] frame = new byte[34 + header + payload];
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        Ipv4Writer.Write(frame.AsSpan(14), reply ? new Ipv4Fields(0x0a000002, 0x0a000001, IpProtocol.Tcp) : new Ipv4Fields(0x0a000001, 0x0a000002, IpProtocol.Tcp), header + payload);
        TcpWriter.Write(frame.AsSpan(34), new TcpFields { SourcePort = reply ? (ushort)80 : (ushort)4000, DestinationPort = reply ? (ushort)4000 : (ushort)80, Sequence = sequence, Acknowledgment = ack, Flags = flags, Window = window });
        frame[46] = (byte)(header / 4 << 4);
        extra.CopyTo(frame, 54);
        return frame;
    }
}
