using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Simd;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// All connections of a director, in one array of fixed size, and the timing wheel that ends them. New ones take the places after one another, so that a
/// burst of them lies in few pages. A packet moves its
/// connection's end and nothing else; when the wheel comes to a slot it looks at the ends of what hangs there, and hangs
/// those further on that were used since.
/// </summary>
internal sealed unsafe class IpvsConnectionStore : IDisposable
{
    private const int Slots = 1024, SlotMs = 1000;

    private readonly NativeBuffer _memory;
    private readonly IpvsConnection* _connections;
    private readonly int[] _wheel = new int[Slots];

    // Places given back, the next to be taken last.
    private readonly int[] _free;
    private int _freeCount;
    private long _turnedMs = long.MinValue;
    private int _resume = IpvsConnection.None;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">The most connections held.</param>
    public IpvsConnectionStore(int capacity)
    {
        Capacity = capacity;
        _free = new int[capacity];
        _memory = new NativeBuffer((nuint)capacity * (nuint)sizeof(IpvsConnection));
        _connections = (IpvsConnection*)_memory.Pointer;
        Array.Fill(_wheel, IpvsConnection.None);
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    public long MemoryBytes => (long)_memory.Length + ((long)_free.Length * sizeof(int));

    /// <summary>Places ever used: all connections are below.</summary>
    public int HighMark { get; private set; }

    /// <summary>True when no more connections may be taken in.</summary>
    public bool IsFull => Count == Capacity;

    // SAFE: ids are Take's; the director refuses packets once disposed
    public ref IpvsConnection this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _connections[id];
    }

    /// <summary>A place for a connection, of which nothing is known but that it is live; <see cref="IpvsConnection.None"/> when there is none.</summary>
    public int Take()
    {
        if (IsFull)
            return IpvsConnection.None;
        int id = _freeCount > 0 ? _free[--_freeCount] : HighMark++;
        _connections[id] = new IpvsConnection
        {
            Flags = IpvsConnectionFlags.Live,
            Template = IpvsConnection.None,
            Next = IpvsConnection.None,
        };
        Count++;
        return id;
    }

    /// <summary>Asks the memory for the places that the next connections will take.</summary>
    public void PrefetchFree(int count)
    {
        for (int i = 1; i <= Math.Min(count, Capacity - Count); i++)
            Prefetch(i <= _freeCount ? _free[_freeCount - i] : HighMark + i - _freeCount - 1);
    }

    /// <summary>Asks the memory for what packets of IPv4 touch of a connection.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchV4(int id) => Simd.Prefetch.Read(_connections + id);

    /// <summary>Asks the memory for a whole connection.</summary>
    public void Prefetch(int id)
    {
        byte* line = (byte*)(_connections + id);
        Simd.Prefetch.Read(line);
        Simd.Prefetch.Read(line + 64);
    }

    public void Dispose() => _memory.Dispose();

    public void Free(int id)
    {
        if (_connections[id].Has(IpvsConnectionFlags.Hung))
            Unhang(id);
        _connections[id].Flags = IpvsConnectionFlags.None;
        _connections[id].Next = IpvsConnection.None;
        _free[_freeCount++] = id;
        Count--;
    }

    /// <summary>The connection that <see cref="NextExpired"/> looks at next in the slot it is in, or <see cref="IpvsConnection.None"/>; the one behind it is asked of the memory.</summary>
    public int Upcoming
    {
        get
        {
            if (_resume != IpvsConnection.None && _connections[_resume].WheelNext is var behind && behind != IpvsConnection.None)
                Prefetch(behind);
            return _resume;
        }
    }

    /// <summary>
    /// Gives a connection its end. One that comes sooner than the wheel would look hangs there from now on: a connection that is closed counts at its server, and keeps its
    /// template, no longer than it should.
    /// </summary>
    public void EndAt(int id, long expiresMs, long nowMs)
    {
        ref IpvsConnection connection = ref _connections[id];
        long before = connection.ExpiresMs;
        connection.ExpiresMs = expiresMs;
        if (!connection.Has(IpvsConnectionFlags.Hung))
            Hang(id);
        else if (expiresMs < before && IsLookedAtAfter(connection.WheelSlot, expiresMs, nowMs))
        {
            Unhang(id);
            Hang(id);
        }
    }

    /// <summary>Puts a connection on the wheel by its end.</summary>
    private void Hang(int id)
    {
        ref IpvsConnection connection = ref _connections[id];
        connection.Flags |= IpvsConnectionFlags.Hung;
        connection.WheelSlot = SlotOf(connection.ExpiresMs);
        ref int head = ref _wheel[connection.WheelSlot];
        connection.WheelPrevious = IpvsConnection.None;
        connection.WheelNext = head;
        if (head != IpvsConnection.None)
            _connections[head].WheelPrevious = id;
        head = id;
    }

    /// <summary>
    /// The next connection that ended before the second of <paramref name="nowMs"/>, or <see cref="IpvsConnection.None"/>; looks at no more than <paramref name="budget"/>
    /// connections, and goes on there next time.
    /// </summary>
    public int NextExpired(long nowMs, ref int budget)
    {
        // One turn shows everything, however long the clock stood (or when it starts).
        _turnedMs = Math.Max(_turnedMs, ((nowMs / SlotMs) - Slots) * SlotMs);
        for (; _turnedMs + SlotMs <= nowMs; _turnedMs += SlotMs, _resume = IpvsConnection.None)
        {
            int id = _resume != IpvsConnection.None ? _resume : _wheel[SlotOf(_turnedMs)];
            while (id != IpvsConnection.None)
            {
                if (budget-- <= 0)
                {
                    _resume = id;
                    return IpvsConnection.None;
                }

                ref IpvsConnection connection = ref _connections[id];
                int next = connection.WheelNext;
                if (connection.ExpiresMs <= nowMs)
                {
                    _resume = next;
                    return id;
                }

                if (SlotOf(connection.ExpiresMs) != SlotOf(_turnedMs))
                {
                    Unhang(id);
                    Hang(id);
                }

                id = next;
            }
        }

        return IpvsConnection.None;
    }

    /// <summary>True when the wheel, turning from now on, comes to a slot later than to an end's.</summary>
    private static bool IsLookedAtAfter(int slot, long expiresMs, long nowMs)
    {
        int seconds = (slot - SlotOf(nowMs) + Slots) % Slots;
        return seconds > (expiresMs / SlotMs) - (nowMs / SlotMs);
    }

    private static int SlotOf(long ms) => (int)((ulong)(ms / SlotMs) % Slots);

    private void Unhang(int id)
    {
        ref IpvsConnection connection = ref _connections[id];
        if (_resume == id)
            _resume = connection.WheelNext;
        if (connection.WheelNext != IpvsConnection.None)
            _connections[connection.WheelNext].WheelPrevious = connection.WheelPrevious;
        if (connection.WheelPrevious != IpvsConnection.None)
            _connections[connection.WheelPrevious].WheelNext = connection.WheelNext;
        else
            _wheel[connection.WheelSlot] = connection.WheelNext;
        connection.Flags &= ~IpvsConnectionFlags.Hung;
    }
}
