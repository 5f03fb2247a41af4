using System.Runtime.CompilerServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Conntrack;

/// <summary>
/// What a table keeps of its connections on request, beside them: 32 bytes of counters, 16 of times. A connection without them touches no line more.
/// </summary>
internal sealed unsafe class ConnectionExtras : IDisposable
{
    private readonly NativeBuffer? _counterBuffer, _timeBuffer;
    private readonly ConnectionCounters* _counters;
    private readonly ConnectionTimes* _times;

    public ConnectionExtras(int capacity, bool counters, bool times)
    {
        if (counters)
        {
            _counterBuffer = new NativeBuffer((nuint)capacity * (nuint)sizeof(ConnectionCounters));
            _counters = (ConnectionCounters*)_counterBuffer.Pointer;
        }

        if (times)
        {
            _timeBuffer = new NativeBuffer((nuint)capacity * (nuint)sizeof(ConnectionTimes));
            _times = (ConnectionTimes*)_timeBuffer.Pointer;
        }
    }

    public long MemoryBytes => (long)((_counterBuffer?.Length ?? 0) + (_timeBuffer?.Length ?? 0));

    /// <summary>True when packets are counted.</summary>
    public bool Counts => _counters != null;

    // SAFE: numbers are those of places of the table, of which there are as many
    public ConnectionCounters CountersOf(int id) => _counters == null ? default : _counters[id];

    public ConnectionTimes TimesOf(int id) => _times == null ? default : _times[id];

    public void Clear(int id)
    {
        if (_counters != null)
            _counters[id] = default;
        if (_times != null)
            _times[id] = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int id, bool reply, uint bytes)
    {
        if (_counters != null)
            _counters[id].Add(reply, bytes);
    }

    public void Start(int id, long nowMs)
    {
        if (_times != null)
            _times[id] = new ConnectionTimes(nowMs, 0);
    }

    /// <summary>A connection whose time was over ended then, whenever that is noticed.</summary>
    public void Stop(int id, uint expiresMs, long nowMs)
    {
        if (_times != null)
            _times[id] = _times[id] with { StoppedMs = nowMs + Math.Min(0, (int)(expiresMs - (uint)nowMs)) };
    }

    public void Dispose()
    {
        _counterBuffer?.Dispose();
        _timeBuffer?.Dispose();
    }
}
