using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts of a burst: keys and buckets for all packets first, then slots and records, so that the lines of all of them are on
/// their way at once; then each packet is decided, in order, and finished a few packets later, when the counters it needs
/// have come and while the next draws are compared (what a packet draws tells where the next one draws from, which is the
/// longest way through this code). Where a packet must be walked, those before it are finished first.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    // Packets between a decision and its end: some two hundred cycles.
    private const int Lag = 6;

    // Draws made ahead, and how many of them one packet may look at without asking.
    private const int DrawsAhead = 72, DrawsAtOnce = 8;

    // What is found for a packet: a slot, or one of these.
    private const long Walks = 0, Passes = -1;

    private struct Decision
    {
        /// <summary>Null for a packet that passes.</summary>
        public Shortcut* Shortcut;

        public ShortcutEndpoint* Endpoint;

        /// <summary>Of the dispatch rule and the one that jumps to the endpoint.</summary>
        public RuleCounters* Rule, Jump;
    }

    private ref struct ShortcutBurst
    {
        public Approach Approach;
        public byte** Frames;
        public uint* Sources;
        public long* Found;
        public Decision* Decisions;
        public int* Draws;
        public RuleCounters* Counters;
        public int Drawn;
        public Vector128<ulong> Taken, Passed;
    }

    private void EvaluateByShortcuts(
        PackedRules<RuleHeadV4> rules, int chain, in Approach approach, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts)
    {
        byte** frames = stackalloc byte*[PacketBurst.MaxCount];
        uint* sources = stackalloc uint[PacketBurst.MaxCount];
        long* found = stackalloc long[PacketBurst.MaxCount];
        Decision* decisions = stackalloc Decision[PacketBurst.MaxCount];
        int* draws = stackalloc int[DrawsAhead];
        FindSlots(approach, burst, infos, frames, sources, found);
        ShortcutBurst work = new() { Approach = approach, Frames = frames, Sources = sources, Found = found, Decisions = decisions, Draws = draws, Counters = _state.Counters };
        for (int first = 0; first < burst.Count;)
        {
            random.Peek(draws, DrawsAhead);
            work.Drawn = 0;
            int end = RunShortcuts(ref work, first, burst.Count, infos, metas, ref random, verdicts);
            random.Skip(work.Drawn);
            if (end < burst.Count)
            {
                verdicts[end] = default;
                verdicts[end].Rule = -1;
                WalkOne(rules, chain, burst[end], infos[end], ref metas[end], ref random, ref verdicts[end]);
            }

            first = end + 1;
        }

        if (approach.Jump >= 0)
            Count(work.Counters + approach.Jump, work.Taken + work.Passed);
        if (approach.End != null)
            CountPassed(work.Counters, approach, work.Passed);
    }

    // SAFE: the arena's own bounds; at most a burst of each array
    private void FindSlots(in Approach approach, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, byte** frames, uint* sources, long* found)
    {
        ulong* keys = stackalloc ulong[PacketBurst.MaxCount];
        ShortcutBucket** homes = stackalloc ShortcutBucket*[PacketBurst.MaxCount];
        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        for (int i = 0; i < burst.Count; i++)
        {
            FrameSlot* slot = slots + burst.First + i;
            frames[i] = memory + ((nuint)(burst.First + i) * stride) + slot->Start;
            // A key of zero is no packet's.
            TryKey(ref *frames[i], (int)slot->Length, infos[i], out keys[i], out sources[i]);
            homes[i] = ShortcutTable.HomeOf(approach.Table, keys[i]);
            Prefetch.Read(homes[i]);
        }

        for (int i = 0; i < burst.Count; i++)
        {
            ShortcutSlot* slot = keys[i] == 0 ? null : ShortcutTable.Find(approach.Table, homes[i], keys[i]);
            if (slot == null)
            {
                found[i] = keys[i] != 0 && CanPass(approach, keys[i]) ? Passes : Walks;
                continue;
            }

            uint record = Volatile.Read(ref slot->Record);
            found[i] = record == 0 ? Walks : record | ((long)slot->Rule << 32);
            Prefetch.Read(ShortcutTable.RecordOf(approach.Table, record));
        }
    }

    /// <summary>Takes packets from one on until one must be walked; returns that one.</summary>
    private int RunShortcuts(ref ShortcutBurst work, int first, int count, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts)
    {
        // SAFE (all three): a packet of the burst each, which the caller proved
        ref PacketInfo info = ref MemoryMarshal.GetReference(infos);
        ref PacketMeta meta = ref MemoryMarshal.GetReference(metas);
        ref PacketVerdict verdict = ref MemoryMarshal.GetReference(verdicts);
        int i = first;
        for (; i < count && TryDecide(ref work, i, ref random); i++)
        {
            int due = i - Lag;
            if (due >= first)
                Finish(ref work, due, Unsafe.Add(ref info, due), Unsafe.Add(ref meta, due), ref Unsafe.Add(ref verdict, due));
        }

        for (int due = Math.Max(first, i - Lag); due < i; due++)
            Finish(ref work, due, Unsafe.Add(ref info, due), Unsafe.Add(ref meta, due), ref Unsafe.Add(ref verdict, due));
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryDecide(ref ShortcutBurst work, int i, ref PacketRandom random)
    {
        Decision* decision = work.Decisions + i;
        long found = work.Found[i];
        decision->Shortcut = null;
        if (found <= 0)
            return found == Passes;
        Shortcut* shortcut = ShortcutTable.RecordOf(work.Approach.Table, (uint)found);
        if ((work.Sources[i] & shortcut->SourceMask) != shortcut->Source)
            return false;
        if (work.Drawn + DrawsAtOnce > DrawsAhead)
        {
            random.Skip(work.Drawn);
            random.Peek(work.Draws, DrawsAhead);
            work.Drawn = 0;
        }

        int draws = shortcut->Draws;
        int pick = draws <= DrawsAtOnce ? FirstWithin(Shortcut.LimitsOf(shortcut), work.Draws + work.Drawn, draws) : random.CountAhead(work.Drawn, Shortcut.LimitsOf(shortcut), draws);
        ShortcutEndpoint* endpoint = Shortcut.EndpointsOf(shortcut) + pick;
        if (endpoint->IsHairpinOf(work.Sources[i]))
            return false;
        work.Drawn += PacketRandom.Asked(pick, draws);
        decision->Shortcut = shortcut;
        decision->Endpoint = endpoint;
        decision->Jump = work.Counters + shortcut->FirstJump + pick;
        decision->Rule = work.Counters + work.Approach.FirstNumber + (found >> 32);
        Prefetch.Read(decision->Rule);
        Prefetch.Read(decision->Jump);
        Prefetch.Read(work.Counters + endpoint->Number);
        return true;
    }

    /// <summary>The first of up to eight draws within its limit; the number of limits when none is. All at once, without a branch on chance.</summary>
    // SAFE: eight draws are there; behind the limits lie endpoints or the room of records, whose lanes are not looked at
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstWithin(int* limits, int* draws, int count)
    {
        uint beyond;
        if (Vector256.IsHardwareAccelerated)
        {
            beyond = Vector256.GreaterThan(Vector256.Load(draws), Vector256.Load(limits)).ExtractMostSignificantBits();
        }
        else
        {
            beyond = 0;
            for (int i = 0; i < count; i++)
                beyond |= draws[i] > limits[i] ? 1u << i : 0;
        }

        return BitOperations.TrailingZeroCount(~beyond | (1u << count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Finish(ref ShortcutBurst work, int i, in PacketInfo info, in PacketMeta meta, ref PacketVerdict verdict)
    {
        Decision* decision = work.Decisions + i;
        Shortcut* shortcut = decision->Shortcut;
        Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
        verdict = default;
        if (shortcut == null)
        {
            work.Passed += packet;
            AnswerPassed(work.Approach, ref verdict);
            return;
        }

        ShortcutEndpoint* endpoint = decision->Endpoint;
        work.Taken += packet;
        Count(decision->Rule, packet);
        Count(decision->Jump, packet);
        Count(work.Counters + endpoint->Number, packet);
        Answer(shortcut, endpoint, ref verdict);
        Rewrite(shortcut->HasPort, endpoint, ref *work.Frames[i], info);
    }
}
