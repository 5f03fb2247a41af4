using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>Room for a new connection in a full table: bounded work, whatever the policy.</content>
public sealed partial class ConntrackTable
{
    private const int ChainsLookedAt = 8, PlacesDrawn = 8, MostPlaces = 128, PlacesDrawnByAge = 16, RankShift = 32;
    private const long AssuredRank = 3;

    private ulong _draw;

    private int _hand = -1;

    // Places the collector still looks at under pressure, since a new connection was dropped.
    private int _pressed;

    private bool TryMakeRoom(uint bucket, uint nowMs) => _options.Eviction switch
    {
        EvictionPolicy.Linux => TryDropEarly(bucket, nowMs),
        EvictionPolicy.LeastUseful => TryDropLeastUseful(nowMs),
        EvictionPolicy.Lru => TryDropOldest(nowMs),
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

    /// <summary><c>gc_worker_can_early_drop</c>: what the collector ends although its time is not over, while the table is nearly full.</summary>
    private bool IsInTheWay(in Connection connection)
    {
        if (_pressed <= 0 || Count < Max / 100 * 95 || Max < 100)
            return false;
        return !connection.Has(ConntrackStatus.Assured) || IsClosing(connection);
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
            walk = _index.Walk(bucket);
        }

        return dropped;
    }

    private bool TryDropLeastUseful(uint nowMs)
    {
        int victim = -1;
        long least = long.MaxValue;
        for (int looked = 0; looked < MostPlaces && (looked < PlacesDrawn || least >= AssuredRank << RankShift) && least >= 0; looked++)
        {
            int id = Draw(_store.HighMark);
            ref Connection connection = ref _store[id];
            if (!connection.IsLive || !connection.Has(ConntrackStatus.Confirmed))
                continue;
            long use = UseOf(connection, nowMs);
            if (use < least)
                (least, victim) = (use, id);
        }

        if (victim < 0)
            return false;
        Evicted += least < 0 ? 0 : 1;
        Remove(victim);
        return true;
    }

    private bool TryDropOldest(uint nowMs)
    {
        (int victim, uint oldest) = (-1, 0);
        for (int looked = 0; looked < MostPlaces && (looked < PlacesDrawnByAge || victim < 0); looked++)
        {
            int id = Draw(_store.HighMark);
            ref Connection connection = ref _store[id];
            if (!connection.IsLive || !connection.Has(ConntrackStatus.Confirmed))
                continue;
            uint age = connection.IsOver(nowMs) ? uint.MaxValue : nowMs - connection.Tracker.UsedMs;
            if (victim < 0 || age > oldest)
                (victim, oldest) = (id, age);
        }

        if (victim < 0)
            return false;
        Evicted += _store[victim].IsOver(nowMs) ? 0 : 1;
        Remove(victim);
        return true;
    }

    /// <summary>A random place: neighbours often came together, and are as useful as one another.</summary>
    private int Draw(int places) => Draw(ref _draw, places);

    private static int Draw(ref ulong draw, int places)
    {
        draw = (draw * 6364136223846793005) + 1442695040888963407;
        return (int)(((draw >> 33) * (ulong)places) >> 31);
    }

    /// <summary>A number that grows with the use of keeping a connection: its class, then how long it still lasts. Negative when it is over.</summary>
    private static long UseOf(in Connection connection, uint nowMs)
    {
        if (connection.IsOver(nowMs))
            return -1;
        long rank = !connection.Has(ConntrackStatus.SeenReply) ? 0
            : IsClosing(connection) ? 1
            : !connection.Has(ConntrackStatus.Assured) ? 2 : AssuredRank;
        return (rank << RankShift) | (connection.ExpiresMs - nowMs);
    }
}
