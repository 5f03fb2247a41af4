using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What do workers with a core and a table each do together? TCP segments of known connections, every worker those of the flows that a symmetric hash gives it, in bursts of 32: the time
/// from the first packet to the last of all, shared out.
/// </summary>
[MeasuredIn("ns/packet")]
public class ShardedConntrackBench : IDisposable
{
    private const int Asked = 1 << 16, Burst = 32, MostKeys = 1 << 20;

    private ShardedConntrack? _tables;
    private Worker[] _workers = [];
    private Barrier? _gate;
    private Thread[] _threads = [];
    private volatile bool _isOver;

    /// <summary>Workers; the machine should have as many cores.</summary>
    [Params(1, 2, 4)]
    [Quick(1, 2)]
    public int Workers { get; set; }

    /// <summary>Connections in all tables.</summary>
    [Params(1000, 100_000, 1_000_000)]
    [Quick(100_000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // Flows are not shared out evenly to the last.
        _tables = new ShardedConntrack(new ConntrackOptions { Max = Connections + (Connections / 8) + 1024, HashKey = (1, 2) }, Workers);
        _workers = [.. Enumerable.Range(0, Workers).Select(shard => new Worker(_tables[shard]))];
        for (uint client = 0; client < Connections; client++)
        {
            FlowKeyV6 key = TcpConversation.KeyOf(client);
            _workers[_tables.ShardOf(key)].Open(key);
        }

        foreach (Worker worker in _workers)
            worker.Shuffle();
        _gate = new Barrier(Workers);
        _threads = [.. _workers.Skip(1).Select(worker => new Thread(() => Work(worker)) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
        CodeSettling.Run(() => EstablishedBurst());
        if (_tables.Count != Connections || EstablishedBurst() != Asked)
            throw new InvalidOperationException("every packet was expected to be of an established connection");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        if (_gate is not null)
        {
            _isOver = true;
            _gate.SignalAndWait();
            foreach (Thread thread in _threads)
                thread.Join();
            _gate.Dispose();
            _gate = null;
        }

        foreach (Worker worker in _workers)
            worker.Dispose();
        _workers = [];
        _tables?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Segments of known connections in random order, all workers at once.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int EstablishedBurst()
    {
        _gate!.SignalAndWait();
        _workers[0].Run(Asked / Workers);
        _gate.SignalAndWait();
        return _workers.Sum(worker => worker.Established);
    }

    private void Work(Worker worker)
    {
        while (true)
        {
            _gate!.SignalAndWait();
            if (_isOver)
                return;
            worker.Run(Asked / Workers);
            _gate.SignalAndWait();
        }
    }

    /// <summary>A worker's table and traffic: nothing of it is another's.</summary>
    private sealed class Worker(ConntrackTable table) : IDisposable
    {
        private readonly PacketArena _data = TcpConversation.Acks(Burst);
        private readonly PacketInfo[] _infos = [.. Enumerable.Repeat(TcpConversation.Info, Burst)];
        private readonly TrackedPacket[] _results = new TrackedPacket[Burst];
        private readonly List<FlowKeyV6> _opened = [];
        private FlowKeyV6[] _keys = [];
        private int _next;

        /// <summary>Packets of the last run that were of established connections.</summary>
        public int Established { get; private set; }

        /// <summary>A handshake.</summary>
        public void Open(in FlowKeyV6 key)
        {
            TcpConversation.Open(table, key);
            _opened.Add(key);
        }

        /// <summary>The order its packets come in: bursts, with some connections twice so that the last is whole.</summary>
        public void Shuffle()
        {
            Random random = new(5);
            _keys = new FlowKeyV6[Math.Min(_opened.Count + Burst - 1, MostKeys) / Burst * Burst];
            for (int i = 0; i < _keys.Length; i++)
                _keys[i] = _opened[i < _opened.Count ? i : random.Next(_opened.Count)];
            random.Shuffle(_keys);
        }

        public void Run(int packets)
        {
            int established = 0;
            for (int i = 0; i < packets; i += Burst)
            {
                table.TrackBurst(_data.Burst(0, Burst), _infos, _keys.AsSpan(_next, Burst), 0, _results);
                _next = _next + Burst == _keys.Length ? 0 : _next + Burst;
                foreach (TrackedPacket result in _results)
                    established += result.State == TrackedAs.Established ? 1 : 0;
            }

            Established = established;
        }

        public void Dispose() => _data.Dispose();
    }
}
