using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>
/// What a new connection needs of the memory, asked for a burst at a time: the chain of its answers, and in a full table the connection that has to go and
/// both its chains. Each step reads what the step before asked for. All of it is hints: nothing changes, and where they are wrong the memory is waited for.
/// </content>
public sealed partial class ConntrackTable
{
    // Places the collector looks ahead: as many lines as a core has on their way at a time.
    private const int PlacesAhead = 32;

    /// <summary>For packets that seem to be new: their chains hold nothing, or one other connection.</summary>
    /// <param name="keys">The burst's keys.</param>
    /// <param name="buckets">Their chains.</param>
    /// <param name="fresh">The numbers of those packets.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PrepareNew(ReadOnlySpan<FlowKeyV6> keys, ReadOnlySpan<uint> buckets, ReadOnlySpan<byte> fresh)
    {
        Span<uint> answers = stackalloc uint[PacketBurst.MaxCount];
        int count = 0;
        foreach (byte i in fresh)
        {
            if (!ConnectionKeys.TryInvert(keys[i], out FlowKeyV6 answer))
                continue;
            answers[count] = BucketOf(answer);
            _chains.PrefetchHead(answers[count++]);
        }

        // Before the heads are read, to give them time.
        if (Count + count > Max)
            PrepareRoom(buckets, fresh[..count]);
        PrefetchFirst(answers[..count]);
        PrefetchSecond(answers[..count]);
    }

    /// <summary>Guesses who will have to go for so many new connections, as <see cref="TryMakeRoom"/> will find them.</summary>
    private void PrepareRoom(ReadOnlySpan<uint> buckets, ReadOnlySpan<byte> fresh)
    {
        Span<int> victims = stackalloc int[PacketBurst.MaxCount];
        int count = _options.Eviction switch
        {
            EvictionPolicy.Linux => GuessChained(buckets, fresh, victims),
            EvictionPolicy.LeastUseful => GuessDrawn(fresh.Length, PlacesDrawn, victims),
            EvictionPolicy.Lru => GuessDrawn(fresh.Length, PlacesDrawnByAge, victims),
            _ => 0,
        };
        foreach (int id in victims[..count])
            _chains.PrefetchWhole(id);
        PrepareRemoval(victims[..count]);
    }

    /// <summary>The first connection of the first chain that has any, from the new one's on.</summary>
    private int GuessChained(ReadOnlySpan<uint> buckets, ReadOnlySpan<byte> fresh, Span<int> victims)
    {
        int count = 0;
        foreach (byte i in fresh)
        {
            int link = TupleChains.End;
            for (uint step = 0; step < ChainsLookedAt && link == TupleChains.End; step++)
                link = _chains.Head((buckets[i] + step) % _chains.Buckets);
            if (link != TupleChains.End)
                victims[count++] = link >> 1;
        }

        return count;
    }

    /// <summary>The least useful, or the oldest, of the places that will be drawn.</summary>
    private int GuessDrawn(int evictions, int drawn, Span<int> victims)
    {
        int places = _chains.HighMark, count = 0;
        ulong draw = _draw;
        for (int i = 0; i < evictions * drawn; i++)
            _chains.PrefetchState(Draw(ref draw, places));
        draw = _draw;
        for (int i = 0; i < evictions; i++)
        {
            (int victim, long least) = (-1, long.MaxValue);
            for (int look = 0; look < drawn; look++)
            {
                int id = Draw(ref draw, places);
                ref Connection connection = ref _chains[id];
                long use = !connection.IsLive || !connection.Has(ConntrackStatus.Confirmed) ? long.MaxValue : IsLru ? connection.UsedMs : UseOf(connection, (uint)_nowMs);
                if (use < least)
                    (least, victim) = (use, id);
            }

            if (victim >= 0)
                victims[count++] = victim;
        }

        return count;
    }

    /// <summary>For the connections among the next places that the collector will find over.</summary>
    private void PrepareCollection(int places, uint nowMs)
    {
        Span<int> over = stackalloc int[PlacesAhead];
        (int count, int place) = (0, _hand);
        for (int i = 0; i < places; i++)
        {
            place = place + 1 < _chains.HighMark ? place + 1 : 0;
            if (_chains[place].IsLive && _chains[place].IsOver(nowMs))
                over[count++] = place;
        }

        PrepareRemoval(over[..count]);
    }

    /// <summary>What taking connections out of both their chains touches.</summary>
    private void PrepareRemoval(ReadOnlySpan<int> ids)
    {
        Span<uint> buckets = stackalloc uint[2 * PacketBurst.MaxCount];
        int count = 0;
        foreach (int id in ids)
        {
            buckets[count++] = BucketOf(_chains[id].Original);
            buckets[count++] = BucketOf(_chains[id].Reply);
            _chains.PrefetchHead(buckets[count - 2]);
            _chains.PrefetchHead(buckets[count - 1]);
        }

        PrefetchFirst(buckets[..count]);
        PrefetchSecond(buckets[..count]);
    }

    private void PrefetchFirst(ReadOnlySpan<uint> buckets)
    {
        foreach (uint bucket in buckets)
        {
            int link = _chains.Head(bucket);
            if (link != TupleChains.End)
                _chains.PrefetchRecord(link, whole: false);
        }
    }

    private void PrefetchSecond(ReadOnlySpan<uint> buckets)
    {
        foreach (uint bucket in buckets)
        {
            int link = _chains.Head(bucket);
            if (link != TupleChains.End && (link = _chains.Next(link)) != TupleChains.End)
                _chains.PrefetchRecord(link, whole: false);
        }
    }
}
