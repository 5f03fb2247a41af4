using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>
/// A burst in passes: all hashed and their lines of the index asked of the memory; the connections that those name asked for; for packets that seem
/// to be new what they will need (see <see cref="PrepareNew"/>); all followed, in order. What the first passes find is no more than a hint: a connection's own tuple decides.
/// </content>
public sealed unsafe partial class ConntrackTable
{
    /// <summary>The same as <see cref="Track"/> for each packet in order. New connections are confirmed at once: the packets get through.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found; one a frame.</param>
    /// <param name="keys">Their keys; one a frame.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="results">Receives one a frame. A packet whose new connection could not be confirmed is <see cref="TrackedAs.TableFull"/>.</param>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void TrackBurst(in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV6> keys, long nowMs, Span<TrackedPacket> results)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int count = burst.Count;
        if (infos.Length < count || keys.Length < count || results.Length < count)
            Throw.Argument(nameof(results), "expected one record, one key and one result a frame");
        if (count == 0)
            return;
        if (nowMs != _passedMs)
            PassTime(nowMs);
        byte* memory = stackalloc byte[BurstLookup.BytesToAlign];
        BurstLookup* look = BurstLookup.Align(memory);
        _nowMs = nowMs;
        FindAhead(keys[..count], look, translates: false);
        for (int done = 0; done < count; done++)
        {
            done += FollowData(burst, infos, look, done, (uint)nowMs, results);
            if (done < count)
                results[done] = TrackOne(burst[done], infos[done], keys[done], look, done, nowMs);
        }
    }

    /// <summary>A packet that is no usual segment of a connection of IPv4.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TrackedPacket TrackOne(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, BurstLookup* look, int index, long nowMs)
    {
        int link = look->Links[index];
        if (TryTrackData(frame, info, key, link, (uint)nowMs))
            return new TrackedPacket(TrackedAs.Established, link >> 1, (link & 1) != 0);
        TrackedAs state = TrackAt(frame, info, key, look->Hashes[index], nowMs, out int id, out bool reply);
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
        byte* memory = stackalloc byte[BurstLookup.BytesToAlign];
        BurstLookup* look = BurstLookup.Align(memory);
        FindAhead(keys, look, translates);
        new ReadOnlySpan<uint>(look->Links, keys.Length).CopyTo(hints);
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
}
