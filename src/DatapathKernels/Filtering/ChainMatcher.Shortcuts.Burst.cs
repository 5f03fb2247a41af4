using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts of a burst: keys and buckets for all packets first, then slots and records, so that the lines of all of them are on
/// their way at once; then each packet is decided and finished, in order. What a packet draws tells where the next one draws from,
/// which is the longest way through this code: draws are made ahead, and compared all at once.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    // Draws made ahead, and how many of them one packet may look at without asking.
    private const int DrawsAhead = 72, DrawsAtOnce = 8;

    /// <summary>What a burst's packets are and where they lead, one of each for every packet.</summary>
    private struct Places
    {
        public byte** Frames;
        public uint* Sources;

        /// <summary>A record, or a <see cref="Way"/> that needs none.</summary>
        public nint* Found;
        public int* Draws;
    }

    private void EvaluateByShortcuts(
        PackedRules<RuleHeadV4> rules, int chain, in Approach approach, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts)
    {
        byte** frames = stackalloc byte*[PacketBurst.MaxCount];
        uint* sources = stackalloc uint[PacketBurst.MaxCount];
        nint* found = stackalloc nint[PacketBurst.MaxCount];
        int* draws = stackalloc int[DrawsAhead];
        Places places = new() { Frames = frames, Sources = sources, Found = found, Draws = draws };
        FindSlots(approach, burst, infos, places);
        Vector128<ulong> came = default, passed = default;
        for (int first = 0; first < burst.Count;)
        {
            int end = RunShortcuts(approach, places, first, burst.Count, infos, metas, ref random, verdicts, ref came, ref passed);
            if (end < burst.Count)
                WalkOne(rules, chain, burst[end], infos[end], ref metas[end], ref random, ref verdicts[end]);

            first = end + 1;
        }

        if (approach.Jump >= 0)
            Count(_state.Counters + approach.Jump, came);
        if (approach.End != null)
            CountPassed(_state.Counters, approach, passed);
    }

    // SAFE: the arena's own bounds; at most a burst of each array
    private void FindSlots(in Approach approach, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, in Places places)
    {
        ulong* keys = stackalloc ulong[PacketBurst.MaxCount];
        ShortcutBucket** homes = stackalloc ShortcutBucket*[PacketBurst.MaxCount];
        ShortcutTable* table = approach.Table;
        int count = burst.Count;
        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        slots += burst.First;
        memory += (nuint)burst.First * stride;
        // SAFE: as many as the burst, which the caller proved
        ref PacketInfo info = ref MemoryMarshal.GetReference(infos);
        for (int i = 0; i < count; i++, memory += stride)
        {
            byte* frame = memory + slots[i].Start;
            places.Frames[i] = frame;
            // A key of zero is no packet's.
            TryKey(ref *frame, (int)slots[i].Length, Unsafe.Add(ref info, i), out keys[i], out places.Sources[i]);
            homes[i] = ShortcutTable.HomeOf(table, keys[i]);
            Prefetch.Read(homes[i]);
        }

        for (int i = 0; i < count; i++)
        {
            ulong key = keys[i];
            ShortcutSlot* slot = key == 0 ? null : ShortcutTable.Find(table, homes[i], key);
            if (slot == null)
            {
                places.Found[i] = (nint)(key != 0 && CanPass(approach, key) ? WayPast(approach) : Way.Walk);
                continue;
            }

            uint record = Volatile.Read(ref slot->Record);
            Shortcut* shortcut = record == 0 ? null : ShortcutTable.RecordOf(table, record);
            places.Found[i] = (nint)shortcut;
            Prefetch.Read(shortcut);
            Prefetch.Read((byte*)shortcut + ShortcutRecords.LineBytes);
        }
    }

    /// <summary>Takes packets from one on until one must be walked; returns that one.</summary>
    private static int RunShortcuts(
        in Approach approach, in Places places, int first, int count, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts, ref Vector128<ulong> came, ref Vector128<ulong> passed)
    {
        // SAFE (all three): a packet of the burst each, which the caller proved
        ref PacketInfo info = ref Unsafe.Add(ref MemoryMarshal.GetReference(infos), first);
        ref PacketMeta meta = ref Unsafe.Add(ref MemoryMarshal.GetReference(metas), first);
        ref PacketVerdict verdict = ref Unsafe.Add(ref MemoryMarshal.GetReference(verdicts), first);
        int* draws = places.Draws;
        int drawn = 0, most = -1;
        Vector128<ulong> taken = default, past = default;
        int i = first;
        for (; i < count; i++, info = ref Unsafe.Add(ref info, 1), meta = ref Unsafe.Add(ref meta, 1), verdict = ref Unsafe.Add(ref verdict, 1))
        {
            Shortcut* shortcut = (Shortcut*)places.Found[i];
            Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
            if ((nuint)shortcut <= (nuint)Way.Endpoint)
            {
                if (shortcut == null)
                    break;
                past += packet;
                verdict = default;
                End(ref verdict, KindOf((Way)(nint)shortcut), -1);
                continue;
            }

            if (drawn > most)
            {
                random.Skip(drawn);
                random.Peek(draws, DrawsAhead);
                drawn = 0;
                most = DrawsAhead - DrawsAtOnce;
            }

            uint source = places.Sources[i];
            int asked = shortcut->Draws;
            int pick = asked <= DrawsAtOnce ? FirstWithin(Shortcut.LimitsOf(shortcut), draws + drawn, asked) : random.CountAhead(drawn, Shortcut.LimitsOf(shortcut), asked);
            ShortcutEndpoint* endpoint = Shortcut.EndpointsOf(shortcut) + pick;
            if ((source & shortcut->SourceMask) != shortcut->Source || (shortcut->HasHairpins & (endpoint->Address == source)))
                break;
            drawn += PacketRandom.Asked(pick, asked);
            taken += packet;
            Shortcut.Count(shortcut, pick, packet);
            Shortcut.Answer(shortcut, endpoint, ref verdict);
            Rewrite(shortcut->HasPort, endpoint, ref *places.Frames[i], info);
        }

        random.Skip(drawn);
        came += taken + past;
        passed += past;
        return i;
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
}
