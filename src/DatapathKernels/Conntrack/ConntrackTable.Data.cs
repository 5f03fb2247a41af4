using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>The short way of <see cref="TcpData">the usual segment</see>.</content>
public sealed partial class ConntrackTable
{
    private const ConntrackStatus DataStatus = ConntrackStatus.Confirmed | ConntrackStatus.Assured | ConntrackStatus.SeenReply;

    private static readonly uint s_summaryMask = Summary(DataStatus | ConntrackStatus.Dying | ConntrackStatus.NatClash, (IpProtocol)byte.MaxValue, (TupleForm)byte.MaxValue);
    private static readonly uint s_compactData = Summary(DataStatus, IpProtocol.Tcp, TupleForm.Compact);
    private static readonly uint s_wideData = Summary(DataStatus, IpProtocol.Tcp, TupleForm.Wide);

    /// <summary>False for a table that takes the long way with every packet, to which the short one is held.</summary>
    internal bool HasShortWay { get; init; }

    /// <summary>What <see cref="Follow"/> does with such a segment.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key.</param>
    /// <param name="link">The link that the index names, perhaps some packets ago; or <see cref="TupleIndex.End"/>.</param>
    /// <param name="nowMs">The time.</param>
    /// <returns>False, and nothing changed, for any other packet.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTrackData(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, int link, uint nowMs)
    {
        if (link < 0 || !HasShortWay || info.Status != ParseStatus.Ok || (info.Flags & PacketFlags.Transport) == 0)
            return false;
        ref Connection connection = ref _store[link >> 1];
        uint summary = connection.Summary & s_summaryMask, end = info.L3Offset + info.L3Length;
        bool holds = summary == s_compactData ? (info.Flags & PacketFlags.Ipv4) != 0 && _store.HoldsV4(link, key) : summary == s_wideData && !IsMapped(info, key) && _store.HoldsWide(link, key);
        if (!holds || connection.IsOver(nowMs) || end > (uint)frame.Length)
            return false;

        // SAFE: the transport header stands within the datagram, which ends within the frame
        ref byte segment = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset);
        if (!TcpData.TryFollow(ref connection.Tracker.Tcp, link & 1, ref segment, (int)end - info.L4Offset, in _lifetimes, out uint lifetimeMs))
            return false;
        connection.ExpiresMs = nowMs + lifetimeMs;
        _extras.Count(link >> 1, (link & 1) != 0, info.L3Length);
        return true;
    }

    private static uint Summary(ConntrackStatus status, IpProtocol protocol, TupleForm form) =>
        new Connection { Status = status, Protocol = protocol, Form = form }.Summary;
}
