using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>The walk over packed rules: the same steps as the walk over flat ones, with the next rule found by index.</content>
public abstract partial class ChainMatcher
{
    // The loop keeps to what kube-proxy's rules are made of, so that all of it stays in registers; anything else is a call.
    // SAFE: ops come from the packer alone: the first of a block, the one after another (every block closes with its end,
    // which does not step on), a jump's block, or a return's place. Numbers are those the packer gave the blocks. The
    // depth of returns was measured when the rules were compiled.
    private unsafe void WalkPacked<THead, TRandom>(PackedRules<THead> rules, int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where THead : struct, IRuleHead
        where TRandom : struct, IRandomSource
    {
        ulong* cells = rules.Cells;
        RuleMask* masks = rules.Masks;
        RuleCounters* counters = _state.Counters;
        WalkPlace* returns = rules.Returns;
        WalkPlace* back = returns;
        Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
        ulong entry = Volatile.Read(ref rules.Entries[chain]);
        if (entry == 0)
            ThrowRemoved(chain);
        ulong* end = cells + (entry >> 32);
        ulong* op = PackedOp.Enter(cells, (uint)entry, out int number);
        while (true)
        {
            ulong word = *op;
            ulong* cell = op + 1;
            ulong* next = op + PackedOp.LengthOf(word);
            RuleTail* tail = null;
            int action = PackedOp.ActionOf(word);
            if (action >= PackedOp.Spread && action != PackedOp.ShortDnat)
            {
                if (action == PackedOp.Indexed)
                {
                    ChainIndex<THead>* index = *(ChainIndex<THead>**)cell;
                    int from = number - index->FirstNumber;
                    int rule = index->Trees == null ? ChainIndex<THead>.Next(index, from, view) : NextInTrees(index, from, view);
                    number = index->FirstNumber + rule;
                    if (rule == index->Count)
                    {
                        op = next;
                        continue;
                    }

                    IndexedRule* found = ChainIndex<THead>.RuleAt(index, rule);
                    word = found->Word;
                    tail = &found->Tail;
                    // Its next rule is found by the same index again.
                    next = op;
                }
                else if (typeof(TRandom) == typeof(PacketRandom))
                {
                    int draws = (int)PackedOp.ArgumentOf(word);
                    int pick = Unsafe.As<TRandom, PacketRandom>(ref random).CountUntilBelow(op + 2, draws);
                    number += pick;
                    op += 1 + (2 * pick);
                    word = *op & ~PackedOp.ExtrasMask;
                    next = op + PackedOp.LengthOf(word);
                }
                else
                {
                    op = next;
                    continue;
                }

                action = PackedOp.ActionOf(word);
            }
            else if (!THead.FitsPacked(ref cell, word, masks, view))
            {
                op = next;
                number++;
                continue;
            }

            if ((word & PackedOp.ExtrasMask) != 0)
            {
                ExtraResult extras;
                int kind = PackedOp.ExtrasOf(word);
                if (kind == PackedOp.Random)
                {
                    extras = (random.Next() & 0x7fffffff) < *cell++ ? ExtraResult.Matches : ExtraResult.Differs;
                }
                else if (kind == PackedOp.Test)
                {
                    bool fits = cell[0] != 0
                        ? (view.Source0 & cell[0]) != cell[1]
                        : (((uint)StatesOf(meta) & (uint)cell[1]) == 0) == (cell[1] >= PackedOp.NegatedStates);
                    extras = fits ? ExtraResult.Matches : ExtraResult.Differs;
                    cell += 2;
                }
                else
                {
                    if (tail == null)
                    {
                        tail = (RuleTail*)cell;
                        cell += 2;
                    }

                    extras = TestPacked(tail, number, frame, info, view, meta, ref random);
                }

                if (extras == ExtraResult.Differs)
                {
                    op = next;
                    number++;
                    continue;
                }

                if (extras != ExtraResult.Matches)
                {
                    End(ref verdict, extras == ExtraResult.Unknown ? VerdictKind.UnknownMatch : VerdictKind.Drop, number);
                    return;
                }
            }

            (Vector128.Load((ulong*)(counters + number)) + packet).Store((ulong*)(counters + number));
            if (action == (int)RuleAction.Jump)
            {
                back->Op = next;
                back->Number = number + 1;
                back++;
                op = PackedOp.Enter(cells, PackedOp.ArgumentOf(word), out number);
            }
            else if (action == PackedOp.ShortDnat)
            {
                End(ref verdict, VerdictKind.Accept, number);
                verdict.Destination = BindingAt<THead>(word, cell);
                return;
            }
            else if (action == (int)RuleAction.Continue)
            {
                op = next;
                number++;
            }
            else if (action is (int)RuleAction.ChainEnd or (int)RuleAction.Return)
            {
                if (back > returns)
                {
                    back--;
                    op = back->Op;
                    number = back->Number;
                }
                else if (op == end)
                {
                    End(ref verdict, VerdictKind.Accept, -1);
                    return;
                }
                else
                {
                    op = end;
                    number = (int)PackedOp.ArgumentOf(*end);
                }
            }
            else if (action == (int)RuleAction.Goto)
            {
                op = PackedOp.Enter(cells, PackedOp.ArgumentOf(word), out number);
            }
            else if (action == (int)RuleAction.Mark)
            {
                tail = tail == null ? (RuleTail*)cell : tail;
                meta.Mark = (meta.Mark & ~tail->Argument2) ^ tail->Argument;
                op = next;
                number++;
            }
            else if (action is (int)RuleAction.PolicyAccept or (int)RuleAction.PolicyDrop)
            {
                End(ref verdict, action == (int)RuleAction.PolicyAccept ? VerdictKind.Accept : VerdictKind.Drop, -1);
                return;
            }
            else if (action is (int)RuleAction.Accept or (int)RuleAction.Drop)
            {
                End(ref verdict, action == (int)RuleAction.Accept ? VerdictKind.Accept : VerdictKind.Drop, number);
                return;
            }
            else if (action == (int)RuleAction.Alter)
            {
                if (!AlterPacked(tail == null ? (RuleTail*)cell : tail, number, frame, info, view, ref meta, ref verdict))
                    return;
                packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
                op = next;
                number++;
            }
            else
            {
                FinishPacked(tail == null ? (RuleTail*)cell : tail, number, chain, view, meta, ref random, ref verdict);
                return;
            }
        }
    }

    // Out of the loop's way.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe void FinishPacked<TRandom>(RuleTail* tail, int number, int chain, in PacketView view, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        ChainMatcher owner = OwnerOf(number);
        owner.Finish(tail, number, chain, view, meta, ref random, ref verdict);
        _latitude = owner._latitude;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe bool AlterPacked(RuleTail* tail, int number, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref PacketVerdict verdict)
    {
        bool goesOn = OwnerOf(number).Alter(tail, number, frame, info, view, ref meta, ref verdict);
        if (!goesOn)
            End(ref verdict, VerdictKind.Drop, number);
        return goesOn;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe ExtraResult TestPacked<TRandom>(RuleTail* tail, int number, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, ref TRandom random)
        where TRandom : struct, IRandomSource =>
        OwnerOf(number).TestExtras(tail, frame, info, view, meta, ref random);

    /// <summary>Whose program a rule's tail speaks of: this matcher's, or that of the update it came with.</summary>
    private ChainMatcher OwnerOf(int number)
    {
        if (number < _program.RuleCount)
            return this;
        ChainMatcher owner = _patchOf[number - _program.RuleCount]!.Matcher;
        owner._layout = _layout;
        owner._hasConnection = _hasConnection;
        if (_hasConnection)
            owner._connection = _connection;
        return owner;
    }

    private unsafe void ThrowRemoved(int chain)
    {
        _foundIn = null;
        Volatile.Write(ref _steps, _steps + 1);
        Throw.OutOfRange(nameof(chain), chain, "expected a chain that was not removed");
    }

    /// <summary>A walk that <see cref="WaitForWalk"/> sees: the count of steps is odd while it is under way.</summary>
    private unsafe void WalkUpdatable<TRandom>(int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        if (_packedV6 is { } packedV6)
            WalkPacked(packedV6, chain, frame, info, view, ref meta, ref random, ref verdict);
        else if (typeof(TRandom) != typeof(PacketRandom) || !TryShortcut(_packedV4!, chain, frame, info, meta, ref Unsafe.As<TRandom, PacketRandom>(ref random), ref verdict))
            WalkPacked(_packedV4!, chain, frame, info, view, ref meta, ref random, ref verdict);
        Volatile.Write(ref _steps, step + 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe NatBinding BindingAt<THead>(ulong word, ulong* cell)
        where THead : struct, IRuleHead
    {
        if (typeof(THead) == typeof(RuleHeadV6))
            return *(NatBinding*)cell;
        NatBinding binding = default;
        ((ulong*)&binding)[0] = PackedOp.ArgumentOf(word);
        ((ulong*)&binding)[2] = *cell;
        return binding;
    }
}
