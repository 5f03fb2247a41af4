using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Running;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does IPVS cost a packet, by its Services and by its connection table: a packet of a connection it knows (one in a million),
/// and one that opens a connection? NAT, IPv4 TCP, ten real servers a Service; parsing is not counted, writing the packets' addresses is.
/// </summary>
[MeasuredIn("ns/packet")]
public class IpvsBench : IDisposable
{
    private const int Asked = 4096, Burst = 32, SlotBytes = 256, Backends = 10;

    // What one iteration opens: enough that how cold the caches begin it does not count. Room for many, and the time until every half-open one is over.
    private const int Opened = 8 * Asked, Spare = 16 * Opened, AllOverMs = 100_000;

    private readonly PacketInfo[] _infos = new PacketInfo[Asked];
    private readonly FlowKeyV4[] _v4 = new FlowKeyV4[Asked];
    private readonly FlowKeyV6[] _v6 = new FlowKeyV6[Asked];
    private readonly IpvsVerdict[] _verdicts = new IpvsVerdict[Burst];
    private readonly byte[] _original = new byte[54];
    private IpvsDirector? _director;
    private PacketArena? _arena;
    private FlowKeyV4[] _known = [];
    private uint _nextClient;
    private int _next;
    private long _nowMs;

    /// <summary>Services of the node.</summary>
    [Params(10, 1000, 10000, 30000)]
    [Quick(10000)]
    public int Services { get; set; }

    /// <summary>Connections in the table.</summary>
    [Params(100_000, 1_000_000)]
    [Quick(100_000)]
    public int Connections { get; set; }

    /// <summary>How a connection is found.</summary>
    [ParamsAllValues]
    [Quick(IpvsIndexKind.FlowTable)]
    public IpvsIndexKind Index { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _director = new IpvsDirector(new IpvsOptions { Index = Index, Capacity = Connections + Spare, TableBits = 20, Seed = 1, TcpTimeoutSeconds = 2_000_000 });
        for (int i = 0; i < Services; i++)
        {
            VirtualService scheduler = new(SchedulerKind.RoundRobin);
            for (int server = 0; server < Backends; server++)
                scheduler.Add(new RealServer(new IPAddress([10, (byte)server, (byte)(i >> 8), (byte)i]), 8080));
            _director.Add(new IpvsService(new IPAddress([10, 96, (byte)(i >> 8), (byte)i]), 80, IpProtocol.Tcp, scheduler));
        }

        _arena = new PacketArena(Asked, SlotBytes);
        WriteFrame();
        for (int i = 0; i < Asked; i++)
        {
            // They differ in what no offset depends on.
            if (!_arena.TryAdd(_original, LinkType.Ethernet) || !FlowParser.TryParse(_original, out _v4[i], out _infos[i]))
                throw new InvalidOperationException("the frame is not IPv4");
        }

        _known = [.. Enumerable.Range(0, Connections).Select(i => KeyOf((uint)i))];
        new Random(7).Shuffle(_known);
        for (_nextClient = 0; _nextClient < Connections;)
            Open(Math.Min(Asked, Connections - (int)_nextClient));
        if (_director.Connections != Connections)
            throw new InvalidOperationException($"{_director.Connections} of {Connections} connections were made");

        // The client's ACK establishes a connection; half-open ones would end while the suite's clock runs.
        for (int acknowledged = 0; acknowledged < Connections; acknowledged += Asked)
            Forward();
        CodeSettling.Run(() =>
        {
            Forward();
            NewConnection();
            MakeRoom();
        });
        if (Forward() != Asked)
            throw new InvalidOperationException("every packet was expected to be forwarded");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _director?.Dispose();
        _arena?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Packets of known connections, in random order, in bursts of 32.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int Forward()
    {
        ForwardPrepare();
        return Run(Asked);
    }

    /// <summary>What <see cref="Forward"/> spends on writing its packets: to be taken off.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public int WritePackets()
    {
        ForwardPrepare();
        return _next;
    }

    /// <summary>SYNs of new clients in bursts of 32: the service looked up, a server chosen, the connection put in, the packet written.</summary>
    [Benchmark(OperationsPerInvoke = Opened)]
    public int NewConnection()
    {
        int forwarded = 0;
        for (int opened = 0; opened < Opened; opened += Asked)
            forwarded += Open(Asked);
        return forwarded;
    }

    /// <summary>Takes out what earlier runs put in when no more would fit: they are over long before the established ones.</summary>
    [IterationSetup(Target = nameof(NewConnection))]
    public void MakeRoom()
    {
        if (_director!.Connections <= Connections + Spare - Opened)
            return;
        _nowMs += AllOverMs;
        _director.Expire(_nowMs, int.MaxValue);
    }

    private int Open(int count)
    {
        for (int i = 0; i < count; i++)
            Prepare(i, KeyOf(_nextClient++), TcpFlags.Syn);
        return Run(count);
    }

    private void ForwardPrepare()
    {
        for (int i = 0; i < Asked; i++)
            Prepare(i, _known[(_next + i) % _known.Length], TcpFlags.Ack);
        _next = (_next + Asked) % _known.Length;
    }

    private int Run(int count)
    {
        int forwarded = 0;
        for (int first = 0; first < count; first += Burst)
        {
            int length = Math.Min(Burst, count - first);
            _director!.ProcessBurst(_arena!.Burst(first, length), _infos.AsSpan(first), _v4.AsSpan(first), _v6.AsSpan(first), 0, _nowMs, _verdicts);
            for (int i = 0; i < length; i++)
                forwarded += _verdicts[i].Status == IpvsStatus.Forwarded ? 1 : 0;
        }

        return forwarded;
    }

    /// <summary>Client i to Service i mod Services.</summary>
    private FlowKeyV4 KeyOf(uint client)
    {
        uint source = BinaryPrimitives.ReverseEndianness(0xc6000000 + (client >> 14)), vip = BinaryPrimitives.ReverseEndianness(0x0a600000 + (client % (uint)Services));
        ushort port = BinaryPrimitives.ReverseEndianness((ushort)(1024 + (client & 0x3fff)));
        return new FlowKeyV4(source, vip, port, BinaryPrimitives.ReverseEndianness((ushort)80), IpProtocol.Tcp);
    }

    /// <summary>Makes a frame a packet of that key: its addresses and ports, which stand in the key as they do on the wire, and its flags.</summary>
    private void Prepare(int frame, in FlowKeyV4 key, TcpFlags flags)
    {
        Span<byte> bytes = _arena!.Frame(frame);
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in key, 1))[..12].CopyTo(bytes[26..]);
        bytes[47] = (byte)flags;
        _v4[frame] = key;
    }

    private void WriteFrame()
    {
        EthernetWriter.Write(_original, default, default, 0x0800);
        Ipv4Writer.Write(_original.AsSpan(14), new Ipv4Fields(0, 0, IpProtocol.Tcp), 20);
        TcpWriter.Write(_original.AsSpan(34), new TcpFields { SourcePort = 1, DestinationPort = 80, Flags = TcpFlags.Ack });
    }
}
