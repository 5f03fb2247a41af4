using System.Runtime.CompilerServices;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>
/// Bursts over packed rules. Walks stay one by one and in order, since draws and lists go by the order of packets; but first
/// the burst is led along the way most packets take (the index of a long chain, the chain found there, one of its drawn
/// jumps), one line a step for all packets, so that the lines of all of them are on their way at once when the walks begin.
/// Nothing is decided here: a wrong guess costs the lines it fetched.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    // Below this the rules stay in the second-level cache by themselves.
    private const long LeastBytesToLead = 1 << 20;

    private void* _foundIn;
    private int _foundRule;

    private void EvaluatePackedV4<TRandom>(
        PackedRules<RuleHeadV4> rules, int chain, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref TRandom random, Span<PacketVerdict> verdicts)
        where TRandom : struct, IRandomSource
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain, (uint)_layout.Count);
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        Approach* approach = ApproachOf(rules, chain);
        if (typeof(TRandom) != typeof(PacketRandom) || approach->Table == null)
        {
            Volatile.Write(ref _steps, step + 2);
            EvaluatePacked(rules, chain, burst, infos, metas, ref random, verdicts);
            return;
        }

        _hasConnection = false;
        EvaluateByShortcuts(rules, chain, approach, burst, infos, metas, ref Unsafe.As<TRandom, PacketRandom>(ref random), verdicts);
        Volatile.Write(ref _steps, step + 2);
    }

    [SkipLocalsInit]
    private void EvaluatePacked<THead, TRandom>(
        PackedRules<THead> rules, int chain, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref TRandom random, Span<PacketVerdict> verdicts)
        where THead : struct, IRuleHead
        where TRandom : struct, IRandomSource
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain, (uint)_layout.Count);
        PacketView* views = stackalloc PacketView[PacketBurst.MaxCount];
        ulong loaded = 0;
        for (int i = 0; i < burst.Count; i++)
            loaded |= PacketView.TryLoad(_program.Family, burst[i], infos[i], out views[i]) ? 1UL << i : 0;

        _hasConnection = false;
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        int* found = stackalloc int[PacketBurst.MaxCount];
        ChainIndex<THead>* index = rules.FirstIndex(chain);
        if (index != null && index->Trees != null)
            FindFirst(index, views, burst.Count, found);
        else if (index != null && rules.Bytes >= LeastBytesToLead)
            Lead(rules, index, views, burst.Count, random);
        for (int i = 0; i < burst.Count; i++)
        {
            _foundRule = found[i];
            verdicts[i] = default;
            verdicts[i].Rule = -1;
            if ((loaded >> i & 1) != 0)
                WalkOne(rules, chain, burst[i], infos[i], views[i], ref metas[i], ref random, ref verdicts[i]);
            else
                EvaluateDamaged(chain, burst[i], infos[i], ref metas[i], ref random, ref verdicts[i]);
        }

        _foundIn = null;
        Volatile.Write(ref _steps, step + 2);
    }

    private void WalkOne<THead, TRandom>(
        PackedRules<THead> rules, int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where THead : struct, IRuleHead
        where TRandom : struct, IRandomSource
    {
        WalkPacked(rules, chain, frame, info, view, ref meta, ref random, ref verdict);
        if (verdict.Destination.Kind != NatKind.None)
            verdict.Rewrite = BindingWriter.Write(verdict.Destination, destination: true, frame, info);
    }

    /// <summary>Where a burst's packets come first by index, all found at once; the walks take the answers from there.</summary>
    private void FindFirst<THead>(ChainIndex<THead>* index, PacketView* views, int count, int* found)
        where THead : struct, IRuleHead
    {
        ChainIndex<THead>.FirstInTrees(index, views, count, found);
        _foundIn = index;
        RuleCounters* counters = _state.Counters + index->FirstNumber;
        for (int i = 0; i < count; i++)
            Prefetch.Read(counters + found[i]);
    }

    // What a packet's first rule is was found with its burst; later rules are found as they are asked for.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int NextInTrees<THead>(ChainIndex<THead>* index, int from, in PacketView view)
        where THead : struct, IRuleHead =>
        index == _foundIn && from == 0 ? _foundRule : ChainIndex<THead>.NextInTrees(index, from, view);

    // SAFE: reads what a walk would read, between the same two steps; a prefetch may name any address.
    [SkipLocalsInit]
    private void Lead<THead, TRandom>(PackedRules<THead> rules, ChainIndex<THead>* index, PacketView* views, int count, TRandom random)
        where THead : struct, IRuleHead
        where TRandom : struct, IRandomSource
    {
        ulong* cells = rules.Cells;
        RuleCounters* counters = _state.Counters;
        void** at = stackalloc void*[PacketBurst.MaxCount];
        ulong* hashes = stackalloc ulong[PacketBurst.MaxCount];
        TupleTable* table = index->Tables;
        for (int i = 0; i < count; i++)
        {
            // What was not loaded is zero, and leads nowhere in particular.
            hashes[i] = THead.HashOf(table->Mask, views[i]);
            at[i] = table->Slots + ((uint)hashes[i] & table->SlotMask);
            Prefetch.Read(at[i]);
        }

        for (int i = 0; i < count; i++)
        {
            IndexSlot* slot = (IndexSlot*)at[i];
            at[i] = null;
            if (slot->Hash != hashes[i] && slot->Count != 0)
                slot = table->Slots + (((uint)hashes[i] + 1) & table->SlotMask);
            if (slot->Hash != hashes[i] || slot->Count != 1)
                continue;
            at[i] = ChainIndex<THead>.RuleAt(index, slot->First);
            Prefetch.Read(ChainIndex<THead>.HeadOf(index, slot->First));
            Prefetch.Read(at[i]);
            Prefetch.Read(counters + index->FirstNumber + slot->First);
        }

        for (int i = 0; i < count; i++)
        {
            if (at[i] == null)
                continue;
            ulong word = ((IndexedRule*)at[i])->Word;
            at[i] = PackedOp.ActionOf(word) is (int)RuleAction.Jump or (int)RuleAction.Goto ? cells + PackedOp.ArgumentOf(word) : null;
            if (at[i] == null)
                continue;
            Prefetch.Read(at[i]);
            Prefetch.Read((ulong*)at[i] + 8);
        }

        LeadIntoChains(cells, counters, at, count, ref random);
    }

    private static void LeadIntoChains<TRandom>(ulong* cells, RuleCounters* counters, void** at, int count, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        for (int i = 0; i < count; i++)
        {
            if (at[i] == null)
                continue;
            ulong* op = PackedOp.Enter(cells, (uint)((ulong*)at[i] - cells), out int number);
            at[i] = null;
            Prefetch.Read(counters + number);
            for (int rule = 0; rule < 3 && PackedOp.ActionOf(*op) != PackedOp.Indexed; rule++)
            {
                if (PackedOp.ActionOf(*op) == PackedOp.Spread && typeof(TRandom) == typeof(PacketRandom))
                {
                    // On a copy of the source, in the order of the packets: the draws the walks will make.
                    int pick = Unsafe.As<TRandom, PacketRandom>(ref random).CountUntilBelow(op + 2, (int)PackedOp.ArgumentOf(*op));
                    Prefetch.Read(counters + number + pick);
                    at[i] = cells + PackedOp.ArgumentOf(op[1 + (2 * pick)]);
                    Prefetch.Read(at[i]);
                    break;
                }

                number += PackedOp.ActionOf(*op) == PackedOp.Spread ? 0 : 1;
                op += PackedOp.LengthOf(*op);
                if (PackedOp.LengthOf(*op) == 0)
                    break;
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (at[i] == null)
                continue;
            _ = PackedOp.Enter(cells, (uint)((ulong*)at[i] - cells), out int number);
            Prefetch.Read(counters + number);
            Prefetch.Read(counters + number + 1);
        }
    }
}
