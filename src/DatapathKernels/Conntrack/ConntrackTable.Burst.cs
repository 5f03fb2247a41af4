using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
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
        if (nowMs != _passedMs)
            PassTime(nowMs);
        Span<uint> hashes = stackalloc uint[PacketBurst.MaxCount];
        Span<int> links = stackalloc int[PacketBurst.MaxCount];
        FindAhead(keys[..count], hashes, links, translates: false);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> frame = burst[i];
            results[i] = TryTrackData(frame, infos[i], keys[i], links[i], (uint)nowMs)
                ? new TrackedPacket(TrackedAs.Established, links[i] >> 1, (links[i] & 1) != 0)
                : TrackAndConfirm(frame, infos[i], keys[i], hashes[i], nowMs);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TrackedPacket TrackAndConfirm(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint hash, long nowMs)
    {
        TrackedAs state = TrackAt(frame, info, key, hash, nowMs, out int id, out bool reply);
        bool isClash = state == TrackedAs.New && id >= 0 && !Confirm(id, nowMs);
        return isClash ? new TrackedPacket(TrackedAs.TableFull, -1, reply) : new TrackedPacket(state, id, reply);
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
        if (nowMs != _passedMs)
            PassTime(nowMs);
        int link = (int)hint;
        if (TryTrackData(frame, info, key, link, (uint)nowMs))
            return new TrackedPacket(TrackedAs.Established, link >> 1, (link & 1) != 0);
        TrackedAs state = TrackAt(frame, info, key, HashOf(key), nowMs, out int id, out bool reply);
        return new TrackedPacket(state, id, reply);
    }

    private void FindAhead(ReadOnlySpan<FlowKeyV6> keys, Span<uint> hashes, Span<int> links, bool translates)
    {
        _store.Reclaim();
        HashAll(keys, hashes);
        _index.Prefetch(hashes[..keys.Length]);
        ulong fresh = _index.First(hashes[..keys.Length], links);
        _store.Prefetch(links[..keys.Length]);
        for (int i = 0; i < keys.Length; i++)
        {
            if ((translates || (links[i] & 1) != 0) && links[i] >= 0 && !ConnectionKeys.IsV4(keys[i]))
                _store.PrefetchReply(links[i] >> 1);
        }

        if (fresh != 0)
            PrepareNew(keys, hashes, fresh);
    }

    private void HashAll(ReadOnlySpan<FlowKeyV6> keys, Span<uint> hashes)
    {
        HashSecret secret = _secret;
        bool isOwn = !_options.UsesKernelHash;
        for (int i = 0; i < keys.Length; i++)
        {
            ref readonly FlowKeyV6 key = ref keys[i];
            hashes[i] = isOwn && ConnectionKeys.IsV4(key) ? HashOfV4(key, in secret) : HashOfAny(key);
        }
    }
}
