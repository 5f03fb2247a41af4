using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Simd;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// All connections of a director, in one array of fixed size whose places an index deals out, and the timing wheel that ends them. A packet moves its
/// connection's end and nothing else; when the wheel comes to a slot it looks at the ends of what hangs there, and hangs
/// those further on that were used since.
/// </summary>
internal sealed unsafe class IpvsConnectionStore : IDisposable
{
    private const int Slots = 1024, SlotMs = 1000;

    private readonly NativeBuffer _memory;
    private readonly IpvsConnection* _connections;
    private readonly int[] _wheel = new int[Slots];
    private long _turnedMs = long.MinValue;
    private int _resume = IpvsConnection.None;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">The most connections held.</param>
    /// <param name="places">Places there are for them, as many or more.</param>
    public IpvsConnectionStore(int capacity, int places)
    {
        (Capacity, Places) = (capacity, places);
        _memory = new NativeBuffer((nuint)places * (nuint)sizeof(IpvsConnection));
        _connections = (IpvsConnection*)_memory.Pointer;
        Array.Fill(_wheel, IpvsConnection.None);
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    public long MemoryBytes => (long)_memory.Length;

    /// <summary>Places for connections, used or not.</summary>
    public int Places { get; }

    /// <summary>True when no more connections may be claimed.</summary>
    public bool IsFull => Count == Capacity;

    // SAFE: ids are the index's, below the places; the director refuses packets once disposed
    public ref IpvsConnection this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _connections[id];
    }

    /// <summary>Makes a free place a connection's: live, of which nothing else is known.</summary>
    public void Claim(int id)
    {
        _connections[id] = new IpvsConnection
        {
            Flags = IpvsConnectionFlags.Live,
            Template = IpvsConnection.None,
            Next = IpvsConnection.None,
        };
        Count++;
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
