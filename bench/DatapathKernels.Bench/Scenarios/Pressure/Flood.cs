using System.Diagnostics;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Pressure;

/// <summary>
/// A SYN flood into one connection table, batch by batch on a clock of its own: 51,200 SYNs a second, every established connection
/// heard once a second, 400 good connections a second with answers after 20 ms, and the collector over the whole table once a second.
/// </summary>
internal sealed class Flood : IDisposable
{
    private const int FloodBatch = 512, BatchMs = 10, BatchesASecond = 1000 / BatchMs, GoodABatch = 4, AnswerBatches = 2, Turning = 5;
    private const byte OldNetwork = 10, GoodNetwork = 11, FloodNetwork = 12;

    private readonly ConntrackTable _table;
    private readonly FloodFrames _frames = new();
    private readonly EvictionPolicy _policy;
    private readonly bool[] _isLost;
    private readonly Queue<(long Due, uint Number)> _answers = [];
    private readonly List<double> _room = [], _filling = [], _full = [], _knownFull = [];
    private int _lost, _refused, _goodLost, _nextOld, _sinceFull;
    private uint _nextGood, _nextFlood;
    private long _nowMs = 1000, _batch;

    /// <summary>Opens the established connections.</summary>
    /// <param name="policy">Who has to go.</param>
    /// <param name="max">The table's size.</param>
    /// <param name="established">Connections there are before the flood.</param>
    public Flood(EvictionPolicy policy, int max, int established)
    {
        (_policy, _isLost) = (policy, new bool[established]);
        _table = new ConntrackTable(new ConntrackOptions { Max = max, Eviction = policy, HashKey = (1, 2) });
        for (uint i = 0; i < established; i++)
        {
            FlowKeyV6 key = FloodFrames.KeyOf(OldNetwork, i);
            if (!Begin(key) || !Answer(key))
                throw new InvalidOperationException($"{policy}: connection {i} was expected to be established in an empty table");
        }
    }

    /// <summary>Floods with so many times the table's size.</summary>
    public FloodCost Run(double times)
    {
        double[] before = [.. Enumerable.Range(0, BatchesASecond).Select(_ => Segments())];
        for (long sent = 0; sent < times * _table.Max; sent += FloodBatch)
            Step();
        return new FloodCost(_policy)
        {
            Established = _isLost.Length,
            EstablishedLost = _lost,
            Good = (int)_nextGood - _answers.Count,
            GoodRefused = _refused,
            GoodLost = _goodLost,
            RoomNs = MiddleOf(_room),
            FillingNs = MiddleOf(_filling),
            FullNs = MiddleOf(_full),
            KnownBeforeNs = ScenarioTime.Of(before).Median,
            KnownFullNs = MiddleOf(_knownFull),
            Count = _table.Count,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    // A flood too small never comes to some of the phases.
    private static double MiddleOf(List<double> batches) => batches.Count > 0 ? ScenarioTime.Of(batches).Median : double.NaN;

    private void Step()
    {
        _nowMs += BatchMs;
        _batch++;
        BeginGood();
        FinishGood();
        double syn = Syns();
        _sinceFull += _sinceFull > 0 || _table.Evicted + _table.DroppedFull > 0 ? 1 : 0;
        bool isFull = _sinceFull > Turning;
        // Some batches on both sides of the one in which the last place goes are neither one nor the other.
        (isFull ? _full : _sinceFull > 0 || _table.Max - _table.Count < Turning * FloodBatch ? _filling : _room).Add(syn);
        double known = Segments();
        if (isFull && known > 0)
            _knownFull.Add(known);
        _table.Collect(_nowMs, _table.Max / BatchesASecond);
    }

    private double Syns()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < FloodBatch; i++)
            Begin(FloodFrames.KeyOf(FloodNetwork, _nextFlood++));
        return Nanoseconds.Since(start) / FloodBatch;
    }

    /// <summary>A segment of each established connection whose turn it is; ns a segment, 0 when none is left.</summary>
    private double Segments()
    {
        int due = _isLost.Length / BatchesASecond, sent = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < due; i++)
        {
            int number = _nextOld;
            _nextOld = _nextOld + 1 == _isLost.Length ? 0 : _nextOld + 1;
            if (_isLost[number])
                continue;
            sent++;
            if (!IsKnown(FloodFrames.KeyOf(OldNetwork, (uint)number)))
                (_isLost[number], _lost) = (true, _lost + 1);
        }

        return sent > 0 ? Nanoseconds.Since(start) / sent : 0;
    }

    private void BeginGood()
    {
        for (int i = 0; i < GoodABatch; i++)
        {
            uint number = _nextGood++;
            if (Begin(FloodFrames.KeyOf(GoodNetwork, number)))
                _answers.Enqueue((_batch + AnswerBatches, number));
            else
                _refused++;
        }
    }

    private void FinishGood()
    {
        while (_answers.TryPeek(out (long Due, uint Number) next) && next.Due <= _batch)
        {
            _answers.Dequeue();
            _goodLost += Answer(FloodFrames.KeyOf(GoodNetwork, next.Number)) ? 0 : 1;
        }
    }

    /// <summary>A first segment. False when it is dropped.</summary>
    private bool Begin(in FlowKeyV6 key) =>
        _table.Track(_frames.Syn, _frames.Info, key, _nowMs, out int id, out _) == TrackedAs.New && _table.Confirm(id, _nowMs);

    /// <summary>The rest of a handshake. False when the table knows nothing of its beginning.</summary>
    private bool Answer(in FlowKeyV6 key)
    {
        TrackedAs answer = _table.Track(_frames.SynAck, _frames.Info, FlowKeyV6.Reverse(key), _nowMs, out int id, out bool isReply);
        if (answer == TrackedAs.Established && isReply)
            return IsKnown(key);
        // A segment that begins a connection of its own is not taken further: the server's answer goes nowhere.
        if (answer == TrackedAs.New)
            _table.Forget(id);
        return false;
    }

    private bool IsKnown(in FlowKeyV6 key)
    {
        TrackedAs known = _table.Track(_frames.Ack, _frames.Info, key, _nowMs, out int id, out _);
        if (known == TrackedAs.New)
            _table.Forget(id);
        return known == TrackedAs.Established;
    }
}
