using System.Diagnostics;
using System.Numerics;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Bench.Running;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does connection tracking cost a packet, by the connections in the table: a TCP segment of a known one, checked against its
/// window; the first segment of a new one, in a table with room and in a full one? What does the collector cost a connection that is over? Parsing is not counted.
/// </summary>
[MeasuredIn("ns/packet")]
public class ConntrackBench : IDisposable
{
    private const int Asked = 4096, Burst = 32, AllOverMs = 130_000, FewestKeys = 1 << 14, MostKeys = 1 << 20;

    // What one iteration opens: enough that how cold the caches begin it does not count. And room for many.
    private const int Opened = 8 * Asked, Spare = 16 * Opened;

    private readonly PacketInfo[] _infos = [.. Enumerable.Repeat(TcpConversation.Info, Burst)];
    private readonly TrackedPacket[] _results = new TrackedPacket[Burst];
    private ConntrackTable? _table;
    private readonly LatencyHistogram _latency = new();
    private PacketArena? _data, _syns;
    private FlowKeyV6[] _keys = [];
    private FlowKeyV6[] _fresh = [];
    private uint _nextClient;
    private int _next;
    private long _nowMs;

    /// <summary>Connections in the table.</summary>
    [Params(
        1000,      // L2
        100_000,   // L3
        1_000_000, // memory
        4_000_000)]
    [Quick(100_000)]
    public int Connections { get; set; }

    /// <summary>Who has to go when the table is full.</summary>
    [Params(EvictionPolicy.Linux, EvictionPolicy.LeastUseful, EvictionPolicy.Lru)]
    [Quick(EvictionPolicy.LeastUseful)]
    public EvictionPolicy Policy { get; set; }

    [GlobalSetup(Targets = [nameof(Established), nameof(EstablishedBurst)])]
    public void SetupEstablished()
    {
        Setup(Connections);
        for (int i = 0; i < Connections; i++)
            TcpConversation.Open(_table!, TcpConversation.KeyOf((uint)i));
        // As many as there are connections where that can be; of few connections not so many that reading the keys is what one measures.
        Random random = new(5);
        int keys = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Connections, FewestKeys, MostKeys));
        _keys = [.. Enumerable.Range(0, keys).Select(i => TcpConversation.KeyOf((uint)(Connections > keys ? random.Next(Connections) : i % Connections)))];
        random.Shuffle(_keys);
        if (_table!.Count != Connections || Established() != Asked || EstablishedBurst() != Asked)
            throw new InvalidOperationException("every packet was expected to be of an established connection");
        CodeSettling.Run(() =>
        {
            Established();
            EstablishedBurst();
        });
    }

    [GlobalSetup(Target = nameof(NewConnection))]
    public void SetupNew()
    {
        Setup(Connections + Spare);
        for (_nextClient = 0; _nextClient < Connections; _nextClient++)
            TcpConversation.Open(_table!, TcpConversation.KeyOf(_nextClient));
        CodeSettling.Run(() =>
        {
            NewConnection();
            MakeRoom();
        });
        if (NewConnection() != Opened)
            throw new InvalidOperationException("every packet was expected to open a connection");
    }

    /// <summary>Takes out what earlier runs put in when no more would fit: they are over long before the established ones.</summary>
    [IterationSetup(Target = nameof(NewConnection))]
    public void MakeRoom()
    {
        if (_table!.Count <= Connections + Spare - Opened)
            return;
        _nowMs += AllOverMs;
        _table.Collect(_nowMs, int.MaxValue);
    }

    [GlobalSetup(Targets = [nameof(NewAtCapacity), nameof(NewAtCapacitySingle)])]
    public void SetupFull()
    {
        Setup(Connections);
        Fill(Connections);
        NewAtCapacitySingle();
        _latency.Clear();
        // Linux's policy clears a whole chain at a time.
        if (_table!.Count < Connections * 9L / 10)
            throw new InvalidOperationException($"{_table.Count} connections in a table for {Connections}");
    }

    [GlobalSetup(Target = nameof(Expire))]
    public void SetupExpire()
    {
        Setup(Connections + Spare);
        Fill(Connections);
        RefillExpired();
        if (Expire() != Asked)
            throw new InvalidOperationException("every connection looked at was expected to be over");
    }

    /// <summary>Puts as many in as the collector took out; the clock stands, so they are over as soon as it looks.</summary>
    [IterationSetup(Target = nameof(Expire))]
    public void RefillExpired() => MakeNew();

    [GlobalCleanup]
    public void Dispose()
    {
        LatencyLines.Write(Console.Out, _latency, 1);
        _table?.Dispose();
        _data?.Dispose();
        _syns?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A segment of a known connection, one a call, in random order.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int Established()
    {
        int established = 0;
        Span<byte> frame = _data!.Frame(0);
        foreach (ref readonly FlowKeyV6 key in NextKeys())
            established += _table!.Track(frame, _infos[0], in key, _nowMs, out _, out _) == TrackedAs.Established ? 1 : 0;
        return established;
    }

    /// <summary>The same, 32 a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int EstablishedBurst()
    {
        int established = 0;
        ReadOnlySpan<FlowKeyV6> keys = NextKeys();
        for (int i = 0; i < Asked; i += Burst)
        {
            _table!.TrackBurst(_data!.Burst(0, Burst), _infos, keys.Slice(i, Burst), _nowMs, _results);
            foreach (TrackedPacket result in _results)
                established += result.State == TrackedAs.Established ? 1 : 0;
        }

        return established;
    }

    /// <summary>SYNs of new connections in bursts of 32 into a table of established ones, with room: both tuples in.</summary>
    [Benchmark(OperationsPerInvoke = Opened)]
    public int NewConnection()
    {
        int made = 0;
        for (int opened = 0; opened < Opened; opened += Asked)
            made += MakeNew();
        return made;
    }

    /// <summary>SYNs of new connections into a full table of unanswered ones, in bursts of 32: as many have to go.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int NewAtCapacity() => MakeNew();

    /// <summary>The same one a call, each timed by itself for the percentiles: the clock's own 20 ns or so are in every one.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public int NewAtCapacitySingle()
    {
        int made = 0;
        Span<byte> frame = _syns!.Frame(0);
        for (int i = 0; i < Asked; i++)
        {
            FlowKeyV6 key = TcpConversation.KeyOf(_nextClient++);
            long start = Stopwatch.GetTimestamp();
            made += _table!.Track(frame, _infos[0], key, _nowMs, out int id, out _) == TrackedAs.New && _table.Confirm(id, _nowMs) ? 1 : 0;
            _latency.Record((long)Nanoseconds.Since(start));
        }

        return made;
    }

    /// <summary>The collector over as many places whose connections are all over: each is taken out of the index, both its tuples.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int Expire() => _table!.Collect(_nowMs + AllOverMs, Asked);

    private int MakeNew()
    {
        int made = 0;
        for (int i = 0; i < Asked; i++)
            _fresh[i] = TcpConversation.KeyOf(_nextClient++);
        for (int i = 0; i < Asked; i += Burst)
        {
            _table!.TrackBurst(_syns!.Burst(0, Burst), _infos, _fresh.AsSpan(i, Burst), _nowMs, _results);
            foreach (TrackedPacket result in _results)
                made += result.State == TrackedAs.New ? 1 : 0;
        }

        return made;
    }

    private void Setup(int max)
    {
        _table = new ConntrackTable(new ConntrackOptions { Max = max, Eviction = Policy, HashKey = (1, 2) });
        _data = TcpConversation.Acks(Burst);
        _syns = TcpConversation.Syns(Burst);
        _fresh = new FlowKeyV6[Asked];
    }

    private void Fill(int connections)
    {
        for (_nextClient = 0; _nextClient < connections;)
            MakeNew();
    }

    private ReadOnlySpan<FlowKeyV6> NextKeys()
    {
        int start = _next;
        _next = (_next + Asked) & (_keys.Length - 1);
        return _keys.AsSpan(start, Asked);
    }
}
