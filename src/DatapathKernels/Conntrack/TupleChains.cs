using DatapathKernels.Memory;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The kernel's hash table of connections: chains, latest first, in which every connection stands twice, once for each
/// tuple. A link is twice a connection's number, plus one for its reply tuple; -1 ends a chain.
/// </summary>
internal sealed unsafe class TupleChains : IDisposable
{
    public const int End = -1;

    /// <summary>Bytes from a tuple to the end of what its packets read, or from there to the reply tuple's end: see <see cref="Connection"/>.</summary>
    private const int PacketBytes = 124;

    /// <summary>Where a connection's lifetime and status stand: behind its original tuple.</summary>
    private const int StateOffset = 40;

    private readonly NativeBuffer _heads, _records;
    private readonly int* _head;
    private readonly Connection* _record;
    private int _free = End, _retired = End, _used;

    public TupleChains(int capacity, uint buckets)
    {
        (Capacity, Buckets) = (capacity, buckets);
        _heads = new NativeBuffer((nuint)buckets * sizeof(int));
        _records = new NativeBuffer((nuint)capacity * (nuint)sizeof(Connection));
        _head = (int*)_heads.Pointer;
        _record = (Connection*)_records.Pointer;
        new Span<int>(_head, (int)buckets).Fill(End);
    }

    public int Capacity { get; }

    public uint Buckets { get; }

    /// <summary>Places ever used.</summary>
    public int HighMark => _used;

    public long MemoryBytes => (long)(_heads.Length + _records.Length);

    // SAFE: numbers come from Take or from chains, buckets are scaled below their count
    public ref Connection this[int id] => ref _record[id];

    public int Head(uint bucket) => _head[bucket];

    public int Next(int link) => (link & 1) == 0 ? _record[link >> 1].NextOriginal : _record[link >> 1].NextReply;

    public ref readonly FlowKeyV6 TupleOf(int link)
    {
        Connection* connection = _record + (link >> 1);
        return ref (link & 1) == 0 ? ref connection->Original : ref connection->Reply;
    }

    public void PrefetchHead(uint bucket) => Prefetch.Read(_head + bucket);

    /// <summary>The lines that a packet of that tuple reads; of the whole record for one that is translated by the other tuple.</summary>
    public void PrefetchRecord(int link, bool whole)
    {
        byte* first = (byte*)(_record + (link >> 1)) + ((link & 1) * sizeof(FlowKeyV6));
        Prefetch.Read(first);
        Prefetch.Read(first + 64);
        Prefetch.Read(first + PacketBytes - 1);
        if (whole)
            Prefetch.Read((link & 1) == 0 ? first + sizeof(Connection) - 1 : first - sizeof(FlowKeyV6));
    }

    /// <summary>The line that says whether a place is taken, and how useful its connection is.</summary>
    public void PrefetchState(int id) => Prefetch.Read((byte*)(_record + id) + StateOffset);

    /// <summary>All lines of a connection.</summary>
    public void PrefetchWhole(int id)
    {
        byte* first = (byte*)(_record + id);
        for (int offset = 0; offset < sizeof(Connection); offset += NativeBuffer.CacheLine)
            Prefetch.Read(first + offset);
        Prefetch.Read(first + sizeof(Connection) - 1);
    }

    /// <summary>A free place, zeroed; <see cref="End"/> when there is none.</summary>
    public int Take()
    {
        int id = _free;
        if (id != End)
            _free = _record[id].NextOriginal;
        else if (_used < Capacity)
            id = _used++;
        else
            return End;
        _record[id] = new Connection { IsLive = true, NextOriginal = End, NextReply = End };
        return id;
    }

    /// <summary>Takes a connection that no chain holds out of use. It can be read until <see cref="Reclaim"/>.</summary>
    public void Retire(int id)
    {
        _record[id].IsLive = false;
        _record[id].NextOriginal = _retired;
        _retired = id;
    }

    /// <summary>Frees the places of all that were retired.</summary>
    public void Reclaim()
    {
        while (_retired != End)
        {
            int id = _retired;
            _retired = _record[id].NextOriginal;
            _record[id].NextOriginal = _free;
            _free = id;
        }
    }

    public void Link(int link, uint bucket)
    {
        NextOf(link) = _head[bucket];
        _head[bucket] = link;
    }

    public void Unlink(int link, uint bucket)
    {
        ref int at = ref _head[bucket];
        while (at != link && at != End)
            at = ref NextOf(at);
        if (at == link)
            at = NextOf(link);
    }

    public void Dispose()
    {
        _heads.Dispose();
        _records.Dispose();
    }

    private ref int NextOf(int link) => ref (link & 1) == 0 ? ref _record[link >> 1].NextOriginal : ref _record[link >> 1].NextReply;
}
