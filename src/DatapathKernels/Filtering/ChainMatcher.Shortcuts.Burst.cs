using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

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

    /// <summary>What a burst's packets are and where they lead, one of each for every packet. One block, so that one register reaches all of it.</summary>
    private struct BurstWork
    {
        /// <summary>A <see cref="Shortcut"/>, or a <see cref="Way"/> that needs none.</summary>
        public fixed ulong Found[PacketBurst.MaxCount];

        /// <summary>IPv4 headers.</summary>
        public fixed ulong Headers[PacketBurst.MaxCount];

        /// <summary>Zero for packets that walk.</summary>
        public fixed ulong Keys[PacketBurst.MaxCount];

        /// <summary>Buckets.</summary>
        public fixed ulong Homes[PacketBurst.MaxCount];

        public fixed uint Sources[PacketBurst.MaxCount];

        /// <summary>See <see cref="ShapeOf"/>.</summary>
        public fixed uint Shapes[PacketBurst.MaxCount];

        public fixed uint Bytes[PacketBurst.MaxCount];

        public fixed int Draws[DrawsAhead];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EvaluateByShortcuts(
        PackedRules<RuleHeadV4> rules, int chain, Approach* approach, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts)
    {
        BurstWork work;
        fixed (PacketInfo* records = infos)
            FindKeys(approach->Table, burst, records, &work);
        FindShortcuts(approach, burst.Count, &work);
        Vector128<ulong> taken = default, passed = default;
        for (int first = 0; first < burst.Count;)
        {
            int end = RunShortcuts(approach->Past, &work, first, burst.Count, metas, ref random, verdicts, ref taken, ref passed);
            if (end < burst.Count)
                WalkOne(rules, chain, burst[end], infos[end], ref metas[end], ref random, ref verdicts[end]);
            first = end + 1;
        }

        Count(approach->Jump, taken + passed);
        if (approach->End == null)
            return;
        Count(approach->End, passed);
        Count(approach->Policy, passed);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FindShortcuts(Approach* approach, int count, BurstWork* work)
    {
        ShortcutTable* table = approach->Table;
        for (int i = 0; i < count; i++)
        {
            ulong key = work->Keys[i];
            ShortcutSlot* slot = ShortcutTable.Find(table, (ShortcutBucket*)work->Homes[i], key);
            if (slot == null)
            {
                work->Found[i] = (ulong)(key != 0 && CanPass(approach, key) ? approach->Past : Way.Walk);
                continue;
            }

            // A key of zero finds a free place, which has no record.
            uint record = Volatile.Read(ref slot->Record);
            Shortcut* shortcut = record == 0 ? null : ShortcutTable.RecordOf(table, record);
            work->Found[i] = (ulong)shortcut;
            Shortcut.Fetch(shortcut);
        }
    }

    // Like the other steps of a burst not inlined: each keeps its loop in registers.
    /// <summary>Takes packets from one on until one must be walked; returns that one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RunShortcuts(
        Way past, BurstWork* work, int first, int count, Span<PacketMeta> metas, ref PacketRandom random, Span<PacketVerdict> verdicts, ref Vector128<ulong> taken, ref Vector128<ulong> passed)
    {
        // SAFE (both): a packet of the burst each, which the caller proved
        ref PacketMeta meta = ref Unsafe.Add(ref MemoryMarshal.GetReference(metas), first);
        ref PacketVerdict verdict = ref Unsafe.Add(ref MemoryMarshal.GetReference(verdicts), first);
        int* drawn = work->Draws, last = drawn - 1;
        int i = first;
        for (; i < count; i++, meta = ref Unsafe.Add(ref meta, 1), verdict = ref Unsafe.Add(ref verdict, 1))
        {
            Shortcut* shortcut = (Shortcut*)work->Found[i];
            if ((nuint)shortcut <= (nuint)Way.Endpoint)
            {
                if (shortcut == null)
                    break;
                passed += Vector128.Create(1UL, work->Bytes[i] + (ulong)meta.GrownBytes);
                verdict = default;
                End(ref verdict, KindOf(past), -1);
                continue;
            }

            if (drawn > last)
            {
                random.Skip((int)(drawn - work->Draws));
                random.Peek(work->Draws, DrawsAhead);
                drawn = work->Draws;
                last = drawn + DrawsAhead - DrawsAtOnce;
            }

            int draws = shortcut->Draws, pick, asked;
            if (draws <= 2)
            {
                // Of few endpoints, as services have mostly: the shortest way from one packet's draws to the next one's.
                int* limits = Shortcut.LimitsOf(shortcut);
                int isFirstBeyond = Bit(drawn[0] > limits[0]) & (draws + 1) >> 1;
                pick = isFirstBeyond + (Bit(drawn[1] > limits[1]) & isFirstBeyond & draws >> 1);
                asked = ((draws + 1) >> 1) + (isFirstBeyond & draws >> 1);
            }
            else
            {
                pick = draws <= DrawsAtOnce ? FirstWithin(Shortcut.LimitsOf(shortcut), drawn, draws) : random.CountAhead((int)(drawn - work->Draws), Shortcut.LimitsOf(shortcut), draws);
                asked = PacketRandom.Asked(pick, draws);
            }

            ShortcutEndpoint* endpoint = Shortcut.EndpointsOf(shortcut, draws) + pick;
            if (!Shortcut.IsFor(shortcut, endpoint, work->Sources[i]))
                break;
            drawn += asked;
            Vector128<ulong> packet = Vector128.Create(1UL, work->Bytes[i] + (ulong)meta.GrownBytes);
            taken += packet;
            Shortcut.Count(shortcut, pick, packet);
            Shortcut.Answer(shortcut, endpoint, ref verdict);
            Rewrite(shortcut, endpoint, ref *(byte*)work->Headers[i], work->Shapes[i]);
        }

        random.Skip((int)(drawn - work->Draws));
        return i;
    }

    private static int Bit(bool isSet) => Unsafe.BitCast<bool, byte>(isSet);

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
