using DatapathKernels.Memory;

namespace DatapathKernels.Conntrack;

/// <summary>The kernel's second hash table of connections, by the source of their original tuple, of those whose source is translated (<c>nf_nat_bysource</c>).</summary>
internal sealed unsafe class SourceChains : IDisposable
{
    public const int End = ConnectionStore.End;

    private readonly NativeBuffer _heads;
    private readonly ConnectionStore _store;
    private readonly int* _head;

    public SourceChains(ConnectionStore store, uint buckets)
    {
        (_store, Buckets) = (store, buckets);
        _heads = new NativeBuffer((nuint)buckets * sizeof(int));
        _head = (int*)_heads.Pointer;
        new Span<int>(_head, (int)buckets).Fill(End);
    }

    public uint Buckets { get; }

    public long MemoryBytes => (long)_heads.Length;

    // SAFE: buckets are scaled below their count
    public int Head(uint bucket) => _head[bucket];

    public void Link(int id, uint bucket)
    {
        _store[id].Next = _head[bucket];
        _head[bucket] = id;
    }

    public void Unlink(int id, uint bucket)
    {
        ref int at = ref _head[bucket];
        while (at != id && at != End)
            at = ref _store[at].Next;
        if (at == id)
            at = _store[id].Next;
    }

    public void Dispose() => _heads.Dispose();
}
