using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>Room for a new connection in a full table: bounded work, whatever the policy.</content>
public sealed partial class ConntrackTable
{
    private const int ChainsLookedAt = 8, MostPlaces = 128, PlacesDrawn = 2, PlacesDrawnByAge = 4, AssuredRank = 3;

    private ulong _draw;
    private VictimPool _pool;

    private bool TryMakeRoom(uint bucket, uint nowMs) => _eviction switch
    {
        EvictionPolicy.Linux => TryDropEarly(bucket, nowMs),
        EvictionPolicy.LeastUseful or EvictionPolicy.Lru => TryDropDrawn(nowMs),
        _ => false,
    };

    /// <summary><c>early_drop</c>. True when some connection that was not over went.</summary>
    internal bool TryDropEarly(uint bucket, uint nowMs)
    {
        for (int i = 0; i < ChainsLookedAt; i++)
        {
            if (TryDropChain((bucket + (uint)i) % _index.Buckets, nowMs))
                return true;
        }

        return false;
    }

    /// <summary><c>can_early_drop</c> of the protocols that have it.</summary>
    private static bool IsClosing(in Connection connection) => connection.Protocol switch
    {
        IpProtocol.Tcp => connection.Tracker.Tcp.State is >= TcpState.FinWait and <= TcpState.Close,
        IpProtocol.Sctp => connection.Tracker.Sctp.State is SctpState.ShutdownSent or SctpState.ShutdownRecd or SctpState.ShutdownAckSent,
        _ => false,
    };

    private bool TryDropChain(uint bucket, uint nowMs)
    {
        bool dropped = false;
        TupleIndex.BucketWalk walk = _index.Walk(bucket);
        for (int link = walk.Next(); link != TupleIndex.End; link = walk.Next())
        {
            int id = link >> 1;
            bool over = _store[id].IsOver(nowMs);
            if (!over && _store[id].Has(ConntrackStatus.Assured | ConntrackStatus.Dying))
                continue;
            Remove(id);
            dropped |= !over;
            Evicted += over ? 0 : 1;
        }

        return dropped;
    }

    private bool TryDropDrawn(uint nowMs)
    {
        if (!TryChooseVictim(nowMs, out Victim victim))
            return false;
        Evicted += _store[victim.Id].IsOver(nowMs) ? 0 : 1;
        Remove(victim.Id);
        return true;
    }

    /// <summary>Who will have to go for so many new connections if nothing changes until then. Nothing changes by asking.</summary>
    private int GuessDrawn(int evictions, Span<int> victims)
    {
        (ulong draw, VictimPool pool) = (_draw, _pool);
        int count = 0;
        while (count < evictions && TryChooseVictim((uint)_nowMs, out Victim victim))
            victims[count++] = victim.Id;
        (_draw, _pool) = (draw, pool);
        return count;
    }

    /// <summary>Draws a few, and chooses the least useful of those and the ones in the pool; while that is an assured one, draws on.</summary>
    /// <returns>False when there is none.</returns>
    private bool TryChooseVictim(uint nowMs, out Victim least)
    {
        least = default;
        bool found = false;
        for (int looked = 0; looked < MostPlaces;)
        {
            for (int last = looked + (_pool.Count < VictimPool.Capacity / 2 ? VictimPool.Capacity : PlacesDrawnAtOnce); looked < last; looked++)
            {
                if (TryLook(Draw(ref _draw, _store.HighMark), nowMs, out Victim drawn))
                    _pool.Add(drawn, nowMs);
            }

            if (!TryTakeLeast(nowMs, out Victim taken))
                continue;
            (least, found) = (taken, true);
            if (IsLru || least.Rank < AssuredRank)
                return true;
            _pool.Add(least, nowMs);
        }

        return found;
    }

    /// <summary>The least useful one of the pool as it is now. One that is more useful than it was goes back, once.</summary>
    private bool TryTakeLeast(uint nowMs, out Victim least)
    {
        while (_pool.TryTake(nowMs, out Victim seen))
        {
            if (!TryLook(seen.Id, nowMs, out least))
                continue;
            if (least.UseAt(nowMs) <= seen.UseAt(nowMs))
                return true;
            _pool.Add(least, nowMs);
        }

        least = default;
        return false;
    }

    /// <summary>How useful the connection of a place is; false when it has none that could go.</summary>
    private bool TryLook(int id, uint nowMs, out Victim victim)
    {
        ref Connection connection = ref _store[id];
        victim = new Victim(id, RankOf(connection, nowMs), IsLru ? connection.Tracker.UsedMs : connection.ExpiresMs);
        return connection.IsLive && connection.Has(ConntrackStatus.Confirmed);
    }

    private int PlacesDrawnAtOnce => IsLru ? PlacesDrawnByAge : PlacesDrawn;

    /// <summary>A random place: neighbours often came together, and are as useful as one another.</summary>
    private int Draw(int places) => Draw(ref _draw, places);

    private static int Draw(ref ulong draw, int places)
    {
        draw = (draw * 6364136223846793005) + 1442695040888963407;
        return (int)(((draw >> 33) * (ulong)places) >> 31);
    }

    /// <summary>How useful it is to keep a connection, by its class; under <see cref="EvictionPolicy.Lru"/> all that last are of one.</summary>
    private int RankOf(in Connection connection, uint nowMs)
    {
        if (connection.IsOver(nowMs))
            return Victim.Over;
        if (IsLru || !connection.Has(ConntrackStatus.SeenReply))
            return 0;
        return IsClosing(connection) ? 1 : connection.Has(ConntrackStatus.Assured) ? AssuredRank : 2;
    }
}
