using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <content>
/// The collector (<c>gc_worker</c>): one hand that goes round the places, moved by the clock of the packets and by <see cref="Collect"/>. With the clock the table is looked through
/// once a minute, in steps of 64 places at most; while the clock stands nothing is looked at.
/// </content>
public sealed partial class ConntrackTable
{
    private const int RoundMs = 60_000, MostPlacesAStep = 64;

    // Places the collector looks ahead: as many lines as a core has on their way at a time.
    private const int PlacesAhead = 32;

    private long _passedMs, _steppedMs;
    private int _hand = -1;

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
        _passedMs = nowMs;
        if (nowMs < _steppedMs)
            _steppedMs = nowMs;
        long due = Math.Min(nowMs - _steppedMs, RoundMs) * _store.HighMark / RoundMs;

        // The kernel's own buckets are its own too in what it looks at, and when.
        if (due == 0 || _options.UsesKernelHash)
            return;
        (_steppedMs, _nowMs) = (nowMs, nowMs);
        Look((int)Math.Min(due, MostPlacesAStep), nowMs, unconfirmed: false);
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
            ref Connection connection = ref _store[_hand];
            bool over = connection.IsOver((uint)nowMs), isConfirmed = connection.Has(ConntrackStatus.Confirmed);
            bool goes = connection.IsLive && (over ? isConfirmed || unconfirmed : isConfirmed && IsInTheWay(connection));
            _pressed = Math.Max(0, _pressed - 1);
            if (!goes)
                continue;
            Remove(_hand);
            Evicted += over ? 0 : 1;
            collected++;
        }

        return collected;
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
