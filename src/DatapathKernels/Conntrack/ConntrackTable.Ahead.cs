using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>
/// What a new connection needs of the memory, asked for a burst at a time: the line of the index for its answers, and in a full table the connection that has to go and
/// both its lines. Each step reads what the step before asked for. All is hints: where they are wrong the memory is waited for.
/// </content>
public sealed partial class ConntrackTable
{
    /// <summary>For packets that seem to be new: the index has no link of their hash.</summary>
    /// <param name="keys">The burst's keys.</param>
    /// <param name="hashes">Their hashes.</param>
    /// <param name="fresh">Those packets, a bit each.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PrepareNew(ReadOnlySpan<FlowKeyV6> keys, ReadOnlySpan<uint> hashes, ulong fresh)
    {
        for (ulong left = fresh; left != 0; left &= left - 1)
        {
            if (ConnectionKeys.TryInvert(keys[BitOperations.TrailingZeroCount(left)], out FlowKeyV6 answer))
                _index.Prefetch(HashOf(answer));
        }

        if (Count + BitOperations.PopCount(fresh) > _room)
            PrepareRoom(hashes, fresh);
    }

    /// <summary>Guesses who will have to go for so many new connections: see <see cref="TryMakeRoom"/>.</summary>
    private void PrepareRoom(ReadOnlySpan<uint> hashes, ulong fresh)
    {
        Span<int> victims = stackalloc int[PacketBurst.MaxCount];
        int evictions = Math.Min(BitOperations.PopCount(fresh), Count + BitOperations.PopCount(fresh) - _room);
        int count = _eviction switch
        {
            EvictionPolicy.Linux => GuessChained(hashes, fresh, victims),
            EvictionPolicy.LeastUseful or EvictionPolicy.Lru => PrepareDrawn(evictions, victims),
            _ => 0,
        };
        foreach (int id in victims[..count])
            _store.Prefetch(id);
        PrepareRemoval(victims[..count]);
    }

    /// <summary>
    /// The connections in the new ones' own buckets that could go: in a table with many of those, nearly always some. A bucket gives room to as many new connections as it loses, so not all
    /// buckets are asked.
    /// </summary>
    private int GuessChained(ReadOnlySpan<uint> hashes, ulong fresh, Span<int> victims)
    {
        (int found, int room) = (0, _room - Count);
        for (ulong left = fresh; left != 0; left &= left - 1)
        {
            if (room-- > 0)
                continue;
            TupleIndex.BucketWalk walk = _index.Walk(_index.BucketOf(hashes[BitOperations.TrailingZeroCount(left)]));
            for (int link = walk.Next(); link != TupleIndex.End && found < victims.Length; link = walk.Next(), room++)
            {
                victims[found++] = link >> 1;
                _store.PrefetchState(link >> 1);
            }
        }

        int count = 0;
        foreach (int id in victims[..found])
        {
            if (!_store[id].Has(ConntrackStatus.Assured))
                victims[count++] = id;
        }

        return count;
    }

    /// <summary>Asks for the places that will be drawn, and guesses who of them goes.</summary>
    private int PrepareDrawn(int evictions, Span<int> victims)
    {
        ulong draw = _draw;
        for (int i = 0; i < evictions * PlacesDrawnAtOnce; i++)
            _store.PrefetchState(Draw(ref draw, _store.HighMark));
        return GuessDrawn(evictions, victims);
    }

    /// <summary>What taking connections out of the index touches.</summary>
    private void PrepareRemoval(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            _index.Prefetch(_store[id].OriginalHash);
            _index.Prefetch(HashOf(_store.ReplyOf(id)));
        }
    }
}
