using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does it cost to get from the bytes of a frame to its flow key and offsets?</summary>
/// <remarks>256 frames, whose headers stay in the first-level cache: this is the parse alone, without waiting for memory.</remarks>
[MeasuredIn("ns/packet")]
public class ParseBench : IDisposable
{
    private const int Packets = 256;
    private const ushort Zone = 3;

    private readonly FlowKeyV4[] _keys4 = new FlowKeyV4[PacketBurst.MaxCount];
    private readonly FlowKeyV6[] _keys6 = new FlowKeyV6[PacketBurst.MaxCount];
    private readonly PacketInfo[] _infos = new PacketInfo[PacketBurst.MaxCount];
    private byte[][] _frames = [];
    private PacketArena? _arena;

    /// <summary>What the frames carry; each value says which path it takes.</summary>
    [Params(
        ParseTraffic.Ipv4Tcp,     // eight at a time in a burst, always accepted
        ParseTraffic.Ipv4Mixed,   // the same, with the protocol unpredictable
        ParseTraffic.Ipv6Tcp,     // the same of the other family
        ParseTraffic.DualStack,   // both families, unpredictable
        ParseTraffic.Vlan,        // one tag
        ParseTraffic.Ipv4Options)] // the general path
    [Quick(ParseTraffic.Ipv4Tcp)]
    public ParseTraffic Traffic { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(4);
        _arena = new PacketArena(Packets);
        _frames = new byte[Packets][];
        for (int i = 0; i < Packets; i++)
        {
            _frames[i] = MakeFrame(i, random);
            _arena.TryAdd(_frames[i]);
            CheckSingle(i);
        }

        int next = 0;
        foreach (PacketBurst burst in _arena.Bursts())
        {
            FlowMasks masks = FlowParser.ParseBurst(burst, Zone, _keys4, _keys6, _infos);
            for (int i = 0; i < burst.Count; i++, next++)
            {
                bool ipv4 = (masks.V4 >> i & 1) != 0;
                int port = ipv4 ? _keys4[i].DestinationPort : _keys6[i].DestinationPort;
                if (masks.Any != burst.All || port != next || _infos[i].Status != ParseStatus.Ok)
                    throw new InvalidOperationException($"frame {next} of {Traffic} in a burst: {_infos[i]}, port {port}");
            }
        }
    }

    /// <summary>Gives the arena back.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _arena?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One call a frame.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int FlowKey()
    {
        int sum = 0;
        foreach (byte[] frame in _frames)
        {
            FlowParser.Parse(frame, LinkType.Ethernet, Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
            sum += v4.DestinationPortBe + v6.DestinationPortBe + info.L4Offset;
        }

        return sum;
    }

    /// <summary>One call a burst of 64 frames in an arena.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public ulong FlowKeyBurst()
    {
        ulong any = 0;
        foreach (PacketBurst burst in _arena!.Bursts())
            any += FlowParser.ParseBurst(burst, Zone, _keys4, _keys6, _infos).Any;
        return any;
    }

    private void CheckSingle(int i)
    {
        ParseStatus status = FlowParser.Parse(_frames[i], LinkType.Ethernet, Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        int port = v4.DestinationPort + v6.DestinationPort;
        if (status != ParseStatus.Ok || port != i || v4.Zone + v6.Zone != Zone)
            throw new InvalidOperationException($"frame {i} of {Traffic}: {info}, port {port}");
    }

    /// <summary>A frame of 64 to 127 bytes of payload, random wherever the parse does not look; its destination port is its number.</summary>
    private byte[] MakeFrame(int number, Random random)
    {
        bool six = Traffic == ParseTraffic.Ipv6Tcp || (Traffic == ParseTraffic.DualStack && random.Next(2) == 0);
        bool tcp = Traffic is ParseTraffic.Ipv4Tcp or ParseTraffic.Ipv6Tcp || random.Next(2) == 0;
        int tag = Traffic == ParseTraffic.Vlan ? 4 : 0;
        int header = six ? 40 : Traffic == ParseTraffic.Ipv4Options ? 24 : 20;
        byte[] frame = new byte[14 + tag + header + 20 + random.Next(64, 128)];
        random.NextBytes(frame);

        Span<byte> ip = frame.AsSpan(14 + tag);
        Span<byte> transport = ip[header..];
        if (tag != 0)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x8100);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12 + tag), (ushort)(six ? 0x86dd : 0x0800));
        ip[0] = (byte)(six ? 0x60 : 0x40 | (header / 4));
        BinaryPrimitives.WriteUInt16BigEndian(ip[(six ? 4 : 2)..], (ushort)(six ? transport.Length : ip.Length));
        if (!six)
            BinaryPrimitives.WriteUInt16BigEndian(ip[6..], 0x4000);
        ip[six ? 6 : 9] = (byte)(tcp ? IpProtocol.Tcp : IpProtocol.Udp);

        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], (ushort)number);
        if (tcp)
            transport[12] = 0x50;
        else
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        return frame;
    }
}
