using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering.Nft;

/// <content>The walk of one chain, and all it jumps to.</content>
public sealed partial class NftMatcher
{
    /// <summary>Walks one chain (and what it jumps to) with one packet. Statements act at once; of translations the destination is written, the source only told (see <see cref="PacketVerdict.Source"/>).</summary>
    /// <param name="chain">From <see cref="Find"/>, of this matcher.</param>
    /// <param name="frame">The frame; DNAT rewrites it.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>numgen random</c> draws from; one draw each.</param>
    /// <param name="verdict">The answer.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    public void Evaluate<TRandom>(ChainId chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        verdict = default;
        verdict.Rule = -1;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain.Index, (uint)_program.Chains.Length, nameof(chain));
        if (!TryLoad(frame, info, out PacketView view))
        {
            verdict.Kind = VerdictKind.NotApplicable;
            return;
        }

        Walk(chain.Index, info, view, ref meta, ref random, ref verdict);
        if (verdict.Destination.Kind != NatKind.None)
            verdict.Rewrite = BindingWriter.Write(verdict.Destination, destination: true, frame, info);
    }

    /// <summary>Walks one chain with every frame of a burst: the same as one by one, in order.</summary>
    /// <param name="chain">From <see cref="Find"/>, of this matcher.</param>
    /// <param name="burst">The frames; DNAT rewrites them.</param>
    /// <param name="infos">What <see cref="FlowParser"/> found in each.</param>
    /// <param name="metas">What the node knows of each.</param>
    /// <param name="random">Where <c>numgen random</c> draws from, packet after packet.</param>
    /// <param name="verdicts">The answers.</param>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    public void EvaluateBurst<TRandom>(
        ChainId chain, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref TRandom random, Span<PacketVerdict> verdicts)
        where TRandom : struct, IRandomSource
    {
        if (infos.Length < burst.Count || metas.Length < burst.Count || verdicts.Length < burst.Count)
            Throw.Argument(nameof(burst), "expected an info, a meta and a verdict for each of its frames");
        for (int i = 0; i < burst.Count; i++)
            Evaluate(chain, burst[i], infos[i], ref metas[i], ref random, out verdicts[i]);
    }

    private void Walk<TRandom>(int chain, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        NftOp[] ops = _program.Ops;
        int step = _program.Starts[chain], depth = 0;
        while (true)
        {
            ref readonly NftOp op = ref ops[step];
            ulong word;
            switch (op.Code)
            {
                case <= NftOpCode.Member:
                    step = Fits(op, view, meta) ? step + 1 : op.Next;
                    continue;
                case NftOpCode.Mark:
                    meta.Mark = (meta.Mark & (uint)op.Mask) ^ (uint)op.Value;
                    step++;
                    continue;
                case NftOpCode.ConnectionMark:
                    meta.ConnectionMark = (meta.ConnectionMark & (uint)op.Mask) ^ (uint)op.Value;
                    step++;
                    continue;
                case NftOpCode.Update:
                    step = TryChange(_program.Lookups[op.Index], view, meta) ? step + 1 : op.Next;
                    continue;
                case NftOpCode.Count:
                    _counters[op.Index].Packets++;
                    _counters[op.Index].Bytes += info.L3Length + meta.GrownBytes;
                    step++;
                    continue;
                case NftOpCode.RuleEnd:
                    step++;
                    continue;
                case NftOpCode.ChainEnd:
                    if (depth == 0)
                    {
                        End(ref verdict, _program.Chains[chain].Chain.DropPolicy ? VerdictKind.Drop : VerdictKind.Accept, -1);
                        return;
                    }

                    step = _returns[--depth];
                    continue;
                case NftOpCode.Translate:
                    End(ref verdict, VerdictKind.Accept, op.Rule);
                    Translate(_program.Translations[op.Index], view, meta, ref random, ref verdict);
                    return;
                case NftOpCode.Reject:
                    End(ref verdict, VerdictKind.Reject, op.Rule);
                    verdict.Reject = (RejectKind)op.Index;
                    return;
                case NftOpCode.Number:
                    word = VerdictOf(op.Index, ref random);
                    break;
                case NftOpCode.Map:
                    TryFind(_program.Lookups[op.Index], view, meta, out word);
                    break;
                default:
                    word = op.Value;
                    break;
            }

            if (word == 0)
            {
                step = op.Next;
                continue;
            }

            switch (NftVerdictWord.KindOf(word))
            {
                case NftVerdictKind.Continue:
                    step++;
                    break;
                case NftVerdictKind.Jump:
                    _returns[depth++] = op.Next;
                    step = _program.Starts[NftVerdictWord.TargetOf(word)];
                    break;
                case NftVerdictKind.Goto:
                    step = _program.Starts[NftVerdictWord.TargetOf(word)];
                    break;
                case NftVerdictKind.Return when depth > 0:
                    step = _returns[--depth];
                    break;
                case NftVerdictKind.Return:
                    End(ref verdict, _program.Chains[chain].Chain.DropPolicy ? VerdictKind.Drop : VerdictKind.Accept, -1);
                    return;
                default:
                    End(ref verdict, NftVerdictWord.KindOf(word) == NftVerdictKind.Drop ? VerdictKind.Drop : VerdictKind.Accept, op.Rule);
                    return;
            }
        }
    }

    /// <summary>As <c>nft_ng_random_eval</c> scales its draw, and <c>nft_ng_inc_eval</c> counts.</summary>
    private ulong VerdictOf<TRandom>(int index, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        NftNumbers numbers = _program.Numbers[index];
        ulong[] verdicts = numbers.Verdicts;
        if (numbers.IsRandom)
            return verdicts[(int)((ulong)random.Next() * (uint)verdicts.Length >> 32)];
        uint turn = _turns[index];
        _turns[index] = turn + 1 < verdicts.Length ? turn + 1 : 0;
        return verdicts[turn];
    }

    private void Translate<TRandom>(in Translation translation, in PacketView view, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        bool source = translation.Binding.Kind is NatKind.Snat or NatKind.Masquerade;
        ref NatBinding binding = ref source ? ref verdict.Source : ref verdict.Destination;
        _latitude = NatLatitude.Of(translation, source, _program.Family);
        TranslationChoice.Choose(translation, source, _program.Family, _interfaceAddresses, view, meta, ref random, out binding);
    }

    private static void End(ref PacketVerdict verdict, VerdictKind kind, int rule)
    {
        verdict.Kind = kind;
        verdict.Rule = rule;
    }
}
