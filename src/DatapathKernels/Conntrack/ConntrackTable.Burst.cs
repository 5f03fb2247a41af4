using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>
/// A burst in passes: all hashed and their lines of the index asked of the memory; the connections that those name asked for; for packets that seem
/// to be new what they will need (see <see cref="PrepareNew"/>); all followed, in order. What the first passes find is no more than a hint: a connection's own tuple decides.
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
        Span<uint> hashes = stackalloc uint[PacketBurst.MaxCount];
        Span<int> links = stackalloc int[PacketBurst.MaxCount];
        FindAhead(keys[..count], hashes, links, translates: false);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> frame = burst[i];
            if (TryTrackData(frame, infos[i], keys[i], links[i], (uint)nowMs))
            {
                results[i] = new TrackedPacket(TrackedAs.Established, links[i] >> 1, (links[i] & 1) != 0);
                continue;
            }

            TrackedAs state = TrackAt(frame, infos[i], keys[i], hashes[i], nowMs, out int id, out bool reply);
            bool isClash = state == TrackedAs.New && id >= 0 && !Confirm(id, nowMs);
            results[i] = isClash ? new TrackedPacket(TrackedAs.TableFull, -1, reply) : new TrackedPacket(state, id, reply);
        }
    }

    /// <summary>
    /// Begins a burst whose packets are then tracked one by one, with other things done between: asks the memory for what they will need. What it
    /// finds is no more than a hint; connections that ended before can no longer be read.
    /// </summary>
    /// <param name="keys">The packets' keys, <see cref="PacketBurst.MaxCount"/> at most.</param>
    /// <param name="hints">Receives one number a key, for <see cref="TrackPrepared"/>.</param>
    /// <param name="translates">True when most of the packets are of translated connections, and will be rewritten.</param>
    /// <exception cref="ArgumentException">More keys than a burst has, or fewer places than keys.</exception>
    public void Prepare(ReadOnlySpan<FlowKeyV6> keys, Span<uint> hints, bool translates = false)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (keys.Length > PacketBurst.MaxCount || hints.Length < keys.Length)
            Throw.Argument(nameof(keys), "expected the keys of one burst, and a place for each");
        Span<uint> hashes = stackalloc uint[PacketBurst.MaxCount];
        FindAhead(keys, hashes, MemoryMarshal.Cast<uint, int>(hints), translates);
    }

    /// <summary>One packet of a burst that was prepared: as <see cref="Track"/>.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key.</param>
    /// <param name="hint">What <see cref="Prepare"/> said of it.</param>
    /// <param name="nowMs">The time.</param>
    public TrackedPacket TrackPrepared(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint hint, long nowMs)
    {
        int link = (int)hint;
        if (TryTrackData(frame, info, key, link, (uint)nowMs))
            return new TrackedPacket(TrackedAs.Established, link >> 1, (link & 1) != 0);
        TrackedAs state = TrackAt(frame, info, key, HashOf(key), nowMs, out int id, out bool reply);
        return new TrackedPacket(state, id, reply);
    }

    private void FindAhead(ReadOnlySpan<FlowKeyV6> keys, Span<uint> hashes, Span<int> links, bool translates)
    {
        _store.Reclaim();
        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = HashOf(keys[i]);
            _index.Prefetch(hashes[i]);
        }

        Span<byte> fresh = stackalloc byte[PacketBurst.MaxCount];
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            links[i] = _index.First(hashes[i]);
            if (links[i] != TupleIndex.End)
                PrefetchConnection(links[i], keys[i], translates);
            else
                fresh[count++] = (byte)i;
        }

        if (count > 0)
            PrepareNew(keys, hashes, fresh[..count]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PrefetchConnection(int link, in FlowKeyV6 key, bool translates)
    {
        _store.Prefetch(link >> 1);
        if ((translates || (link & 1) != 0) && !ConnectionKeys.IsV4(key))
            _store.PrefetchReply(link >> 1);
    }

    /// <summary>The same for <see cref="TcpData">the usual segment</see> of the connection that the burst found ahead.</summary>
    /// <returns>False, and nothing changed, for any other packet.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTrackData(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, int link, uint nowMs)
    {
        const ConntrackStatus asked = ConntrackStatus.Confirmed | ConntrackStatus.Assured | ConntrackStatus.SeenReply;
        if (link < 0 || !_followsData || info.Status != ParseStatus.Ok || (info.Flags & PacketFlags.Transport) == 0 || IsMapped(info, key))
            return false;
        ref Connection connection = ref _store[link >> 1];
        if (!connection.IsLive || connection.Protocol != IpProtocol.Tcp || !_store.Holds(link, key))
            return false;
        if (connection.IsOver(nowMs) || (connection.Status & (asked | ConntrackStatus.Dying | ConntrackStatus.NatClash)) != asked
            || !TcpData.TryFollow(ref connection.Tracker.Tcp, (link & 1) != 0, frame.Slice(info.L4Offset, (int)info.L4Length), _options.Tcp, out int seconds))
            return false;
        connection.ExpiresMs = nowMs + Lifetime(seconds);
        _extras.Count(link >> 1, (link & 1) != 0, info.L3Length);
        return true;
    }
}
