using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>The walk over packed rules: the same steps as the walk over flat ones, with the next rule found by index.</content>
public abstract partial class ChainMatcher
{
    // SAFE: ops come from the packer alone: the first of a block, the one after another (every block closes with its end,
    // which does not step on), a jump's block, or a return's place. Numbers are those the packer gave the blocks. The
    // depth of returns was measured when the rules were compiled.
    private unsafe void WalkPacked<THead, TRandom>(PackedRules<THead> rules, int chain, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where THead : struct, IRuleHead
        where TRandom : struct, IRandomSource
    {
        ulong* cells = rules.Cells;
        RuleMask* masks = rules.Masks;
        RuleCounters* counters = _state.Counters;
        WalkPlace[] returns = _places;
        ulong* op = cells + rules.Starts[chain];
        int number = (int)*op++;
        int depth = 0;
        while (true)
        {
            ulong word = *op;
            ulong* cell = op + 1;
            ulong* next = op + PackedOp.LengthOf(word);
            RuleTail* tail = null;
            if (PackedOp.ActionOf(word) == PackedOp.Indexed)
            {
                ChainIndex<THead> index = rules.Indexes[PackedOp.ArgumentOf(word)]!;
                int rule = index.Next(number - index.FirstNumber, view);
                number = index.FirstNumber + rule;
                if (rule == index.Count)
                {
                    op = next;
                    continue;
                }

                IndexedRule* found = index.RuleAt(rule);
                word = found->Word;
                tail = &found->Tail;
                // Its next rule is found by the same index again.
                next = op;
            }
            else if (!THead.FitsPacked(ref cell, word, masks, view))
            {
                op = next;
                number++;
                continue;
            }

            ExtraResult extras = ExtraResult.Matches;
            switch (PackedOp.ExtrasOf(word))
            {
                case PackedOp.Random:
                    extras = (random.Next() & 0x7fffffff) < *cell++ ? ExtraResult.Matches : ExtraResult.Differs;
                    break;
                case PackedOp.NotAddress:
                    extras = (view.Source0 & cell[0]) != cell[1] ? ExtraResult.Matches : ExtraResult.Differs;
                    cell += 2;
                    break;
                case PackedOp.List:
                    if (tail == null)
                    {
                        tail = (RuleTail*)cell;
                        cell += 2;
                    }

                    extras = TestExtras(tail, frame, info, view, meta, ref random);
                    break;
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

            counters[number].Packets++;
            counters[number].Bytes += info.L3Length;
            switch (PackedOp.ActionOf(word))
            {
                case (int)RuleAction.Continue:
                    op = next;
                    number++;
                    break;
                case (int)RuleAction.Jump:
                    returns[depth++] = new WalkPlace { Op = next, Number = number + 1 };
                    op = cells + PackedOp.ArgumentOf(word);
                    number = (int)*op++;
                    break;
                case (int)RuleAction.Goto:
                    op = cells + PackedOp.ArgumentOf(word);
                    number = (int)*op++;
                    break;
                case (int)RuleAction.ChainEnd when depth == 0 && op == cells + rules.Ends[chain]:
                    End(ref verdict, VerdictKind.Accept, -1);
                    return;
                case (int)RuleAction.ChainEnd or (int)RuleAction.Return:
                    WalkPlace place = depth > 0 ? returns[--depth] : new WalkPlace { Op = cells + rules.Ends[chain], Number = _program.Ends[chain] };
                    op = place.Op;
                    number = place.Number;
                    break;
                case (int)RuleAction.Accept:
                    End(ref verdict, VerdictKind.Accept, number);
                    return;
                case (int)RuleAction.Drop:
                    End(ref verdict, VerdictKind.Drop, number);
                    return;
                case (int)RuleAction.PolicyAccept:
                    End(ref verdict, VerdictKind.Accept, -1);
                    return;
                case (int)RuleAction.PolicyDrop:
                    End(ref verdict, VerdictKind.Drop, -1);
                    return;
                case PackedOp.ShortDnat:
                    End(ref verdict, VerdictKind.Accept, number);
                    verdict.Destination = BindingAt<THead>(word, cell);
                    WriteDestination(verdict.Destination, frame, info, ref view, ref verdict);
                    return;
                case (int)RuleAction.Mark:
                    tail = tail == null ? (RuleTail*)cell : tail;
                    meta.Mark = (meta.Mark & ~tail->Argument2) ^ tail->Argument;
                    op = next;
                    number++;
                    break;
                default:
                    Finish(tail == null ? (RuleTail*)cell : tail, number, frame, info, ref view, ref random, ref verdict);
                    return;
            }
        }
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
