using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <content>
/// Connections whose time is over go as time passes, whatever packets come: with the clock of the packets the table is looked through once a minute, as the
/// kernel's collector does it, in steps of 64 places at most. While the clock stands nothing is looked at.
/// </content>
public sealed partial class ConntrackTable
{
    private const int RoundMs = 60_000, MostPlacesAStep = 64;

    private long _passedMs, _steppedMs;

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
        _steppedMs = nowMs;
        for (int left = (int)Math.Min(due, MostPlacesAStep); left > 0; left--)
        {
            _hand = PlaceAfter(_hand);
            ref Connection connection = ref _store[_hand];
            if (connection.IsLive && connection.Has(ConntrackStatus.Confirmed) && connection.IsOver((uint)nowMs))
                Remove(_hand);
        }
    }

    /// <summary>Where the collector's hand goes next.</summary>
    private int PlaceAfter(int place) => place + 1 < _store.HighMark ? place + 1 : 0;
}
