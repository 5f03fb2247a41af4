using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>Connections by their tuples: found, put in, taken out.</content>
public sealed partial class ConntrackTable
{
    /// <summary>The hash of a tuple, as the index takes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HashOf(in FlowKeyV6 tuple) =>
        !_options.UsesKernelHash && ConnectionKeys.IsV4(tuple) ? HashOfV4(tuple, in _secret) : HashOfAny(tuple);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint HashOfV4(in FlowKeyV6 tuple, in HashSecret secret) =>
        TupleIndex.Nonzero((uint)(FlowHash.Compute(ConnectionKeys.V4Addresses(tuple), ConnectionKeys.LastWord(tuple), in secret) >> 32));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint HashOfAny(in FlowKeyV6 tuple) =>
        TupleIndex.Nonzero(_options.UsesKernelHash ? ConntrackHash.Of(tuple, 0, _seed, _key1) : (uint)(FlowKeyV6.Hash(tuple, _seed) >> 32));

    /// <summary>The kernel's bucket of a tuple.</summary>
    internal uint BucketOf(in FlowKeyV6 tuple) => _index.BucketOf(HashOf(tuple));

    /// <summary>The link of a tuple; a connection of it that is over goes.</summary>
    private int Find(in FlowKeyV6 tuple, uint nowMs) => Find(tuple, HashOf(tuple), nowMs);

    private int Find(in FlowKeyV6 tuple, uint hash, uint nowMs)
    {
        TupleIndex.TupleSearch search = _index.Search(hash);
        while (true)
        {
            int link = search.Next();
            if (link == TupleIndex.End)
                return TupleIndex.End;
            if (!_store.Holds(link, tuple))
                continue;
            if (!_store[link >> 1].IsOver(nowMs))
                return link;
            Remove(link >> 1);
            search = _index.Search(hash);
        }
    }

    /// <summary>
    /// Takes those out of a bucket whose time is over, as the kernel does with whatever its searches come past. That touches connections which a packet has nothing to do with: so
    /// it is done where the kernel's hash is asked for, and else for room.
    /// </summary>
    private void Sweep(uint bucket, uint nowMs)
    {
        TupleIndex.BucketWalk walk = _index.Walk(bucket);
        for (int link = walk.Next(); link != TupleIndex.End; link = walk.Next())
        {
            if (_store[link >> 1].IsOver(nowMs))
                Remove(link >> 1);
        }
    }

    /// <summary>Links in the kernel's bucket of a hash, when there may be many.</summary>
    private int ChainLength(uint hash)
    {
        int length = 0;
        if (!_options.UsesKernelHash && !_index.MayBeLong(hash))
            return length;
        TupleIndex.BucketWalk walk = _index.Walk(_index.BucketOf(hash));
        while (walk.Next() != TupleIndex.End)
            length++;
        return length;
    }

    /// <summary>A place for a connection of these tuples, which is in no index yet.</summary>
    private int Place(in FlowKeyV6 original, in FlowKeyV6 reply, uint hash)
    {
        int id = _store.Take();
        Count++;
        _extras.Clear(id);
        _store.SetTuples(id, original, reply);
        _store[id].OriginalHash = hash;
        return id;
    }

    private void Insert(int id, uint replyHash)
    {
        ref Connection connection = ref _store[id];
        _index.Insert(connection.OriginalHash, id * 2);
        _index.Insert(replyHash, (id * 2) + 1);
        connection.Status |= ConntrackStatus.Confirmed;
        _extras.Start(id, _nowMs);
        if (connection.Has(ConntrackStatus.SourceNat))
            _sources.Link(id, SourceBucket(_store.OriginalOf(id)));
    }

    private void Remove(int id)
    {
        ref Connection connection = ref _store[id];
        if (connection.Has(ConntrackStatus.Confirmed))
        {
            _index.Remove(connection.OriginalHash, id * 2);
            _index.Remove(HashOf(_store.ReplyOf(id)), (id * 2) + 1);
            if (connection.Has(ConntrackStatus.SourceNat))
                _sources.Unlink(id, SourceBucket(_store.OriginalOf(id)));
        }

        connection.Status |= ConntrackStatus.Dying;
        _extras.Stop(id, connection.ExpiresMs, _nowMs);
        _store.Free(id);
        Count--;
    }
}
