using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>The usual segments of a burst eight at a time: see <see cref="TcpLanes"/>.</content>
public sealed unsafe partial class ConntrackTable
{
    private const int StatusShift = 16, FlagsShift = 24, OffsetShift = 16;

    /// <summary>False for a table that follows packets one by one, to which the lanes are held.</summary>
    internal bool HasLanes { get; init; } = FrameLanes.IsSupported && BitConverter.IsLittleEndian;

    /// <summary>Follows eight packets from one on, when all are usual segments of IPv4 and no two of one connection.</summary>
    /// <returns>False, and nothing changed, when they are not.</returns>
    private bool TryFollowGroup(byte* memory, nuint stride, FrameSlot* slots, PacketInfo* infos, BurstLookup* look, int first, uint nowMs, TrackedPacket* results)
    {
        Vector256<int> links = Vector256.Load(look->Links + first);
        Vector256<int> ids = links >> 1;
        if (((look->V4 >> first) & FrameLanes.All) != FrameLanes.All || ids.ExtractMostSignificantBits() != 0 || HasTwice(ids))
            return false;
        TcpLaneGroup group;
        if (!TryPlace(memory + ((nuint)first * stride), stride, slots + first, infos + first, &group, out Vector256<uint> lengths))
            return false;

        // The records are stored by the vector: see FrameLanes.Place.
        (Vector256<ulong> front, Vector256<ulong> back) = Vector256.Widen(ids.AsUInt32());
        Vector256<ulong> states = Vector256.Create((ulong)_store.Records + Connection.StateOffset);
        ((front * Connection.Bytes) + states).Store(group.Flows);
        ((back * Connection.Bytes) + states).Store(group.Flows + (FrameLanes.Count / 2));
        if (!Hold(&group, look, first))
            return false;
        Vector256<uint> replies = -(links & Vector256<int>.One).AsUInt32();
        if (!TcpLanes.TryFollow(&group, replies, lengths, (s_summaryMask, s_compactData), nowMs, in _lifetimes))
            return false;
        for (int lane = 0; lane < FrameLanes.Count; lane++)
        {
            int link = look->Links[first + lane];
            results[first + lane] = new TrackedPacket(TrackedAs.Established, link >> 1, (link & 1) != 0);
        }

        if (_extras.Counts)
            CountGroup(infos, look, first);
        return true;
    }

    /// <summary>True when two lanes are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasTwice(Vector256<int> ids)
    {
        Vector256<int> same = Vector256.Equals(ids, Vector256.Shuffle(ids, Vector256.Create(1, 2, 3, 4, 5, 6, 7, 0))) | Vector256.Equals(ids, Vector256.Shuffle(ids, Vector256.Create(2, 3, 4, 5, 6, 7, 0, 1)))
            | Vector256.Equals(ids, Vector256.Shuffle(ids, Vector256.Create(3, 4, 5, 6, 7, 0, 1, 2))) | Vector256.Equals(ids, Vector256.Shuffle(ids, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)));
        return same != Vector256<int>.Zero;
    }

    /// <summary>Where the TCP headers are; false when one of the packets has none, or is not whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPlace(byte* memory, nuint stride, FrameSlot* slots, PacketInfo* infos, TcpLaneGroup* group, out Vector256<uint> lengths)
    {
        Vector256<uint> datagrams = FrameLanes.Records(infos, out Vector256<uint> offsets, out Vector256<uint> states, out _);
        Vector256<uint> frames = FrameLanes.Lengths(slots, out Vector256<uint> starts), lowHalf = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> end = datagrams + (offsets & lowHalf), transport = offsets >>> OffsetShift;
        lengths = end - transport;
        FrameLanes.Place(memory, FrameLanes.Slots(stride), (starts & lowHalf) + transport, group->Segments);
        Vector256<uint> other = ((states & Vector256.Create(((uint)byte.MaxValue << StatusShift) | ((uint)DataFlags << FlagsShift))) ^ Vector256.Create((uint)DataFlags << FlagsShift))
            | (Vector256.Max(end, frames) ^ frames);
        return other == Vector256<uint>.Zero && Vector256.GreaterThanAll(lengths.AsInt32(), Vector256.Create(TcpData.PlainHeader - 1));
    }

    /// <summary>True when all eight links stand for the packets' tuples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Hold(TcpLaneGroup* group, BurstLookup* look, int first)
    {
        Vector128<ulong> differ = Vector128<ulong>.Zero;
        for (int lane = 0; lane < FrameLanes.Count; lane++)
        {
            ulong* tuples = (ulong*)(group->Flows[lane] - Connection.StateOffset);
            differ |= Vector128.Load(tuples + (2 * (look->Links[first + lane] & 1))) ^ Vector128.Load(look->Keys + (2 * (first + lane)));
        }

        return differ == Vector128<ulong>.Zero;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountGroup(PacketInfo* infos, BurstLookup* look, int first)
    {
        for (int i = first; i < first + FrameLanes.Count; i++)
            _extras.Count(look->Links[i] >> 1, (look->Links[i] & 1) != 0, infos[i].L3Length);
    }
}
