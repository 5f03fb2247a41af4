using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>The short way of <see cref="TcpData">the usual segment</see>.</content>
public sealed unsafe partial class ConntrackTable
{
    private const ConntrackStatus DataStatus = ConntrackStatus.Confirmed | ConntrackStatus.Assured | ConntrackStatus.SeenReply;
    private const PacketFlags DataFlags = PacketFlags.Transport | PacketFlags.Ipv4;

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

    /// <summary>The same for the packets of a burst from one on, as long as they are such segments of IPv4.</summary>
    /// <returns>How many were.</returns>
    private int FollowData(in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, BurstLookup* look, int first, uint nowMs, Span<TrackedPacket> results)
    {
        if (!HasShortWay)
            return 0;
        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        memory += (nuint)burst.First * stride;
        slots += burst.First;
        int i = first, count = burst.Count;
        fixed (PacketInfo* info = infos)
        fixed (TrackedPacket* result = results)
        {
            while (i < count)
            {
                bool isGroup = HasLanes && i >= look->NextGroup && i <= count - FrameLanes.Count;
                if (isGroup && TryFollowGroup(memory, stride, slots, info, look, i, nowMs, result))
                {
                    i += FrameLanes.Count;
                    continue;
                }

                if (isGroup)
                    look->NextGroup = i + FrameLanes.Count;
                if (!TryFollowData(memory + ((nuint)i * stride) + slots[i].Start, slots[i].Length, info + i, look, i, nowMs))
                    break;
                result[i] = new TrackedPacket(TrackedAs.Established, look->Links[i] >> 1, (look->Links[i] & 1) != 0);
                i++;
            }
        }

        return i - first;
    }

    /// <summary>One of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFollowData(byte* frame, uint length, PacketInfo* info, BurstLookup* look, int index, uint nowMs)
    {
        int link = look->Links[index];
        if (link < 0 || ((look->V4 >> index) & 1) == 0 || info->Status != ParseStatus.Ok || (info->Flags & DataFlags) != DataFlags)
            return false;
        Connection* connection = _store.Records + (link >> 1);
        uint end = info->L3Offset + info->L3Length;
        bool holds = (connection->Summary & s_summaryMask) == s_compactData && FlowKeyV4.AreEqual((&connection->CompactOriginal)[link & 1], ((FlowKeyV4*)look->Keys)[index]);
        if (!holds || connection->IsOver(nowMs) || end > length)
            return false;

        // SAFE: the transport header stands within the datagram, which ends within the frame
        if (!TcpData.TryFollow(ref connection->Tracker.Tcp, link & 1, ref frame[info->L4Offset], (int)end - info->L4Offset, in _lifetimes, out uint lifetimeMs))
            return false;
        connection->ExpiresMs = nowMs + lifetimeMs;
        _extras.Count(link >> 1, (link & 1) != 0, info->L3Length);
        return true;
    }

    private static uint Summary(ConntrackStatus status, IpProtocol protocol, TupleForm form) =>
        new Connection { Status = status, Protocol = protocol, Form = form }.Summary;
}
