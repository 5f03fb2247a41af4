using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <content>
/// The collector (<c>gc_worker</c>): one hand that goes round the places, moved by the clock of the packets and by <see cref="Collect"/>. With the clock the table is looked through
/// once a period, in steps of 64 places at most; while the clock stands nothing is looked at. The period is the kernel's: see <see cref="BeginRound"/>.
/// </content>
public sealed partial class ConntrackTable
{
    private const int ShortestRoundMs = 1000, LongestRoundMs = 60_000, LongestRemainingMs = 300_000, MostPlacesAStep = 64;

    // A round begins as if it had seen a hundred links of the longest period: so that few connections alone make it no shorter.
    private const int SeenBefore = 100, LinksOfOne = 2;

    // Places the collector looks ahead: as many lines as a core has on their way at a time.
    private const int PlacesAhead = 32;

    // The time up to which it passed, and the work that is due since: milliseconds times places, of which a period's make a place.
    private long _passedMs, _work;
    private int _hand = -1;

    // The period of the round the hand is in; the mean of what it has seen so far of the time that links have left, and how many.
    private int _roundMs = LongestRoundMs, _meanMs = LongestRoundMs, _seen = SeenBefore;

    // Places the collector still looks at under pressure, since a new connection was dropped.
    private int _pressed;

    /// <summary>
    /// Gives back the room of connections whose time is over, looking at the next <paramref name="budget"/> places: the kernel's garbage collector,
    /// a slice of it. Under <see cref="EvictionPolicy.Linux"/> some others go too while the table is nearly full. Packets do the same as their clock goes on; a table to which none
    /// come empties by this alone.
    /// </summary>
    /// <returns>How many went.</returns>
    public int Collect(long nowMs, int budget = 1024)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _nowMs = nowMs;
        return Look(Math.Min(budget, _store.HighMark), nowMs, unconfirmed: true);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PassTime(long nowMs)
    {
        // The kernel's own buckets are its own too in what it looks at, and when.
        if (!_options.UsesKernelHash)
        {
            _work += Math.Clamp(nowMs - _passedMs, 0, _roundMs) * _store.HighMark;
            int due = (int)Math.Min(_work / _roundMs, MostPlacesAStep);
            _work = due == MostPlacesAStep ? 0 : _work % _roundMs;
            _nowMs = nowMs;
            Look(due, nowMs, unconfirmed: false);
        }

        _passedMs = nowMs;
    }

    /// <summary>Moves the hand over so many places. Of connections that are not confirmed yet, which packets on their way may have, it takes those that are over when told to.</summary>
    /// <returns>How many connections went.</returns>
    private int Look(int places, long nowMs, bool unconfirmed)
    {
        int collected = 0;
        for (int looked = 0; looked < places; looked++)
        {
            if (looked % PlacesAhead == 0)
                PrepareCollection(Math.Min(PlacesAhead, places - looked), (uint)nowMs);
            _hand = PlaceAfter(_hand);
            if (_hand == 0)
                BeginRound();
            ref Connection connection = ref _store[_hand];
            bool over = connection.IsOver((uint)nowMs), isConfirmed = connection.Has(ConntrackStatus.Confirmed);
            bool goes = connection.IsLive && (over ? isConfirmed || unconfirmed : isConfirmed && IsInTheWay(connection));
            _pressed = Math.Max(0, _pressed - 1);
            if (connection.IsLive && isConfirmed && !over)
                See((int)(connection.ExpiresMs - (uint)nowMs));
            if (!goes)
                continue;
            Remove(_hand);
            Evicted += over ? 0 : 1;
            collected++;
        }

        return collected;
    }

    /// <summary>
    /// The period of the next round is the mean of what the last one saw: the time that connections which last have left, 1 to 300 s each, twice a connection as the kernel meets both its
    /// links; 1 to 60 s.
    /// </summary>
    private void BeginRound() => (_roundMs, _meanMs, _seen) = (Math.Clamp(_meanMs, ShortestRoundMs, LongestRoundMs), LongestRoundMs, SeenBefore);

    /// <summary>The kernel's running mean, as a kernel of 1000 ticks a second has it: rounded towards 0 each time, it follows the less the more it has seen.</summary>
    private void See(int remainingMs)
    {
        remainingMs = Math.Clamp(remainingMs, ShortestRoundMs, LongestRemainingMs);
        for (int link = 0; link < LinksOfOne; link++)
            _meanMs += (remainingMs - _meanMs) / ++_seen;
    }

    /// <summary>For the connections among the next places that will be found over.</summary>
    private void PrepareCollection(int places, uint nowMs)
    {
        Span<int> over = stackalloc int[PlacesAhead];
        (int count, int place) = (0, _hand);
        for (int i = 0; i < places; i++)
        {
            place = PlaceAfter(place);
            if (_store[place].IsLive && _store[place].IsOver(nowMs))
                over[count++] = place;
        }

        PrepareRemoval(over[..count]);
    }

    /// <summary>Where the hand goes next.</summary>
    private int PlaceAfter(int place) => place + 1 < _store.HighMark ? place + 1 : 0;

    /// <summary><c>gc_worker_can_early_drop</c>: what the collector ends although its time is not over, while the table is nearly full.</summary>
    private bool IsInTheWay(in Connection connection)
    {
        if (_pressed <= 0 || Count < Max / 100 * 95 || Max < 100)
            return false;
        return !connection.Has(ConntrackStatus.Assured) || IsClosing(connection);
    }
}
