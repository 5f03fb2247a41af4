using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <summary>How long an established connection lasts after an acknowledging segment, milliseconds: what <see cref="TcpTracker.SecondsAfter"/> says, worked out before.</summary>
internal readonly struct TcpLifetimes
{
    private readonly int _retransmissions;
    private readonly TcpSideFlags _outstanding;
    private readonly uint _usual, _unacknowledged, _stalled;

    public TcpLifetimes(TcpSettings settings)
    {
        int seconds = settings.Timeouts[(int)TcpState.Established];
        // What would not be shorter is not asked for.
        _retransmissions = seconds > settings.MaxRetransmissionsTimeout ? settings.MaxRetransmissions : int.MaxValue;
        _outstanding = seconds > settings.UnacknowledgedTimeout ? TcpSideFlags.DataUnacknowledged : TcpSideFlags.None;
        _usual = ConntrackTable.Lifetime(seconds);
        _unacknowledged = ConntrackTable.Lifetime(settings.UnacknowledgedTimeout);
        _stalled = ConntrackTable.Lifetime(Math.Min(seconds, settings.MaxRetransmissionsTimeout));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint After(in TcpFlow flow, uint window)
    {
        if (flow.Retransmitted >= _retransmissions)
            return _stalled;
        if (((flow.Original.Flags | flow.Reply.Flags) & _outstanding) != 0)
            return _unacknowledged;
        return window == 0 ? _stalled : _usual;
    }
}
