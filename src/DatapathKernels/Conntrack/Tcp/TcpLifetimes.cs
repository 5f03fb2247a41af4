using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>The same for eight connections, one a lane.</summary>
    /// <param name="retransmitted">How often their last segments came again.</param>
    /// <param name="flags">What is known of either of their sides.</param>
    /// <param name="window">The windows of these segments.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<uint> After(Vector256<uint> retransmitted, Vector256<uint> flags, Vector256<uint> window)
    {
        Vector256<uint> stalled = Vector256.Create(_stalled);
        Vector256<uint> lifetime = Vector256.ConditionalSelect(Vector256.IsZero(window), stalled, Vector256.Create(_usual));
        lifetime = Vector256.ConditionalSelect(Vector256.IsZero(flags & Vector256.Create((uint)_outstanding)), lifetime, Vector256.Create(_unacknowledged));
        return Vector256.ConditionalSelect(Vector256.GreaterThan(Vector256.Create(_retransmissions), retransmitted.AsInt32()).AsUInt32(), lifetime, stalled);
    }
}
