using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Eight segments in the lanes of vectors leave their connections as one by one, and as the long way does.</summary>
public class TcpLanesTests
{
    private const int Flows = 40, FirstPort = 4000;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 3)]
    [InlineData(3, 12)]
    [InlineData(4, 100)]
    public void Bursts_of_many_connections_leave_all_tables_alike(int seed, int othersInHundred)
    {
        Random random = new(seed);
        ConntrackOptions options = new() { Max = Flows, HashKey = (1, 2), Accounting = true };
        using ConntrackTable longWay = new(options) { HasShortWay = false }, oneByOne = new(options) { HasLanes = false }, lanes = new(options);
        using PacketArena arena = new(64, 512);
        uint[] mine = new uint[Flows], yours = new uint[Flows];
        long now = 1000;
        for (int flow = 0; flow < Flows; flow++)
        {
            (mine[flow], yours[flow]) = (flow % 4 == 0 ? uint.MaxValue - 20 : (uint)random.Next(), (uint)random.Next());
            byte[] scale = flow % 2 == 0 ? [3, 3, (byte)random.Next(16), 0] : [];
            Track([Segment(flow, false, TcpFlags.Syn, mine[flow]++, 0, 5000, 0, scale), Segment(flow, true, TcpFlags.Syn | TcpFlags.Ack, yours[flow]++, mine[flow], 6000, 0, scale)]);
            Track([Segment(flow, false, TcpFlags.Ack, mine[flow], yours[flow], 5000, 0, [])]);
        }

        for (int run = 0; run < 150; run++)
        {
            int count = random.Next(1, 64);
            int[] flows = [.. Enumerable.Range(0, 64).Select(i => i % Flows)];
            random.Shuffle(flows);
            Track([.. flows.Take(count).Select(flow => Next(random, flow, othersInHundred, mine, yours))]);
            now += run % 50 == 49 ? 400_000 : random.Next(100);
        }

        void Track(byte[][] frames)
        {
            arena.Clear();
            PacketInfo[] infos = new PacketInfo[frames.Length];
            FlowKeyV6[] keys = new FlowKeyV6[frames.Length];
            for (int i = 0; i < frames.Length; i++)
            {
                Assert.True(arena.TryAdd(frames[i]));
                Assert.True(FlowParser.TryParse(frames[i], out FlowKeyV4 v4, out infos[i]));
                keys[i] = ConntrackTable.KeyOf(v4);
            }

            TrackedPacket[] expected = new TrackedPacket[frames.Length], results = new TrackedPacket[frames.Length];
            longWay.TrackBurst(arena.Burst(0), infos, keys, now, expected);
            foreach (ConntrackTable table in new[] { oneByOne, lanes })
            {
                table.TrackBurst(arena.Burst(0), infos, keys, now, results);
                Assert.Equal(expected, results);
                Assert.Equal((longWay.Count, longWay.Invalid), (table.Count, table.Invalid));
                for (int id = 0; id < longWay.Places; id++)
                    Assert.Equal(longWay.View(id), table.View(id));
            }
        }
    }

    /// <summary>Mostly data in order, with what makes a segment another one strewn in.</summary>
    private static byte[] Next(Random random, int flow, int othersInHundred, uint[] mine, uint[] yours)
    {
        bool reply = random.Next(2) == 0, other = random.Next(100) < othersInHundred;
        (uint at, uint ack) = reply ? (yours[flow], mine[flow]) : (mine[flow], yours[flow]);
        int payload = random.Next(3) * 30;
        byte[] extra = random.Next(3) == 0 ? [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2] : [];
        TcpFlags flags = random.Next(3) == 0 ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack;
        ushort window = (ushort)(random.Next(20) == 0 ? 0 : random.Next(1, 9000));
        if (random.Next(5) != 0)
            (mine[flow], yours[flow]) = reply ? (mine[flow], yours[flow] + (uint)payload) : (mine[flow] + (uint)payload, yours[flow]);
        if (!other)
            return Segment(flow, reply, flags, at, ack, window, payload, extra);
        return random.Next(6) switch
        {
            0 => Segment(flow, reply, flags, at + (uint)random.Next(-70_000, 70_000), ack, window, payload, extra),
            1 => Segment(flow, reply, flags, at, ack + (uint)random.Next(-70_000, 70_000), window, payload, extra),
            2 => Segment(flow, reply, flags | TcpFlags.Fin, at, ack, window, payload, extra),
            3 => Segment(flow, reply, TcpFlags.Rst, at, ack, window, 0, []),
            4 => Segment(flow, false, TcpFlags.Syn, mine[flow], 0, window, 0, []),
            _ => Segment(flow, reply, flags, at, ack, window, payload, [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9]),
        };
    }

    private static byte[] Segment(int flow, bool reply, TcpFlags flags, uint sequence, uint ack, ushort window, int payload, byte[] extra)
    {
        int header = 20 + extra.Length;
        byte[] frame = new byte[34 + header + payload];
        (ushort client, ushort server) = ((ushort)(FirstPort + flow), 80);
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        Ipv4Writer.Write(frame.AsSpan(14), reply ? new Ipv4Fields(0x0a000002, 0x0a000001, IpProtocol.Tcp) : new Ipv4Fields(0x0a000001, 0x0a000002, IpProtocol.Tcp), header + payload);
        TcpWriter.Write(frame.AsSpan(34), new TcpFields { SourcePort = reply ? server : client, DestinationPort = reply ? client : server, Sequence = sequence, Acknowledgment = ack, Flags = flags, Window = window });
        frame[46] = (byte)(header / 4 << 4);
        extra.CopyTo(frame, 54);
        return frame;
    }
}
