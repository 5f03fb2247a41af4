using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>
/// A burst in passes: all hashed and the heads of their chains asked of the memory; the first connection of each chain asked for, then the
/// second where the first is another; for those that seem to be new what they will need (see <see cref="PrepareNew"/>); all followed, in order.
/// </content>
public sealed partial class ConntrackTable
{
    /// <summary>The same as <see cref="Track"/> for each packet in order. New connections are confirmed at once: the packets get through.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found; one a frame.</param>
    /// <param name="keys">Their keys; one a frame.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="results">Receives one a frame. A packet whose new connection could not be confirmed is <see cref="TrackedAs.TableFull"/>.</param>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    [SkipLocalsInit]
    public void TrackBurst(in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV6> keys, long nowMs, Span<TrackedPacket> results)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int count = burst.Count;
        if (infos.Length < count || keys.Length < count || results.Length < count)
            Throw.Argument(nameof(results), "expected one record, one key and one result a frame");
        Span<uint> buckets = stackalloc uint[PacketBurst.MaxCount];
        Prepare(keys[..count], buckets);
        for (int i = 0; i < count; i++)
        {
            TrackedPacket packet = TrackPrepared(burst[i], infos[i], keys[i], buckets[i], nowMs);
            bool isClash = packet.State == TrackedAs.New && packet.Id >= 0 && !Confirm(packet.Id, nowMs);
            results[i] = isClash ? new TrackedPacket(TrackedAs.TableFull, -1, packet.IsReply) : packet;
        }
    }

    /// <summary>
    /// Begins a burst whose packets are then tracked one by one, with other things done between: asks the memory for what they will need. What it
    /// finds is no more than a hint; connections that ended before can no longer be read.
    /// </summary>
    /// <param name="keys">The packets' keys, <see cref="PacketBurst.MaxCount"/> at most.</param>
    /// <param name="buckets">Receives one number a key, for <see cref="TrackPrepared"/>.</param>
    /// <param name="translates">True when most of the packets are of translated connections, and will be rewritten.</param>
    /// <exception cref="ArgumentException">More keys than a burst has, or fewer places than keys.</exception>
    public void Prepare(ReadOnlySpan<FlowKeyV6> keys, Span<uint> buckets, bool translates = false)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (keys.Length > PacketBurst.MaxCount || buckets.Length < keys.Length)
            Throw.Argument(nameof(keys), "expected the keys of one burst, and a place for each");
        _chains.Reclaim();
        for (int i = 0; i < keys.Length; i++)
        {
            buckets[i] = BucketOf(keys[i]);
            _chains.PrefetchHead(buckets[i]);
        }

        Span<byte> fresh = stackalloc byte[PacketBurst.MaxCount];
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            int link = _chains.Head(buckets[i]);
            if (link != TupleChains.End)
                _chains.PrefetchRecord(link, translates);
            else
                fresh[count++] = (byte)i;
        }

        // Where another connection stands before the packet's own, or alone.
        for (int i = 0; i < keys.Length; i++)
        {
            int link = _chains.Head(buckets[i]);
            if (link == TupleChains.End || FlowKeyV6.AreEqual(_chains.TupleOf(link), keys[i]))
                continue;
            link = _chains.Next(link);
            if (link != TupleChains.End)
                _chains.PrefetchRecord(link, translates);
            else
                fresh[count++] = (byte)i;
        }

        if (count > 0)
            PrepareNew(keys, buckets, fresh[..count]);
    }

    /// <summary>One packet of a burst that was prepared: as <see cref="Track"/>.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key.</param>
    /// <param name="bucket">What <see cref="Prepare"/> said of it.</param>
    /// <param name="nowMs">The time.</param>
    public TrackedPacket TrackPrepared(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint bucket, long nowMs)
    {
        if (TryTrackData(frame, info, key, bucket, (uint)nowMs, out int link))
            return new TrackedPacket(TrackedAs.Established, link >> 1, (link & 1) != 0);
        TrackedAs state = TrackAt(frame, info, key, bucket, nowMs, out int id, out bool reply);
        return new TrackedPacket(state, id, reply);
    }

    /// <summary>The same for <see cref="TcpData">the usual segment</see> of a connection that stands first in its chain, or behind one that lives.</summary>
    /// <returns>False, and nothing changed, for any other packet.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTrackData(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint bucket, uint nowMs, out int link)
    {
        const ConntrackStatus asked = ConntrackStatus.Confirmed | ConntrackStatus.Assured | ConntrackStatus.SeenReply;
        link = _chains.Head(bucket);
        if (!_followsData || info.Status != ParseStatus.Ok || key.Protocol != IpProtocol.Tcp || (info.Flags & PacketFlags.Transport) == 0 || link == TupleChains.End || IsMapped(info, key))
            return false;
        if (!FlowKeyV6.AreEqual(_chains.TupleOf(link), key))
        {
            bool isOver = _chains[link >> 1].IsOver(nowMs);
            link = _chains.Next(link);
            if (isOver || link == TupleChains.End || !FlowKeyV6.AreEqual(_chains.TupleOf(link), key))
                return false;
        }

        ref Connection connection = ref _chains[link >> 1];
        bool reply = (link & 1) != 0;
        if (connection.IsOver(nowMs) || (connection.Status & (asked | ConntrackStatus.Dying)) != asked
            || !TcpData.TryFollow(ref connection.Protocol.Tcp, reply, frame.Slice(info.L4Offset, (int)info.L4Length), _options.Tcp, out int seconds))
            return false;
        connection.ExpiresMs = nowMs + Lifetime(seconds);
        _extras.Count(link >> 1, reply, info.L3Length);
        return true;
    }
}
