using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>The walk of one chain, and all it jumps to.</content>
public abstract partial class ChainMatcher
{
    /// <summary>Walks one chain (and what it jumps to) with one packet. Targets act at once, on meta and frame; of translations the destination is written, the source only told (see <see cref="PacketVerdict.Source"/>).</summary>
    /// <param name="chain">From <see cref="Find"/>, of this matcher.</param>
    /// <param name="frame">The frame; targets rewrite it. Bytes behind the datagram are room for TCPMSS.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>statistic</c> draws from; one draw for each such test that is reached.</param>
    /// <param name="verdict">The answer.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    /// <exception cref="ObjectDisposedException">The matcher was disposed.</exception>
    public void Evaluate<TRandom>(ChainId chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        _hasConnection = false;
        EvaluateKnown(chain, frame, info, ref meta, ref random, out verdict);
    }

    /// <summary>The same for a packet whose connection is known, for rules that look at its tuples.</summary>
    /// <inheritdoc cref="Evaluate{TRandom}(ChainId, Span{byte}, in PacketInfo, ref PacketMeta, ref TRandom, out PacketVerdict)"/>
    public void Evaluate<TRandom>(ChainId chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, in ConnectionRecord connection, ref TRandom random, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        _connection = connection;
        _hasConnection = true;
        EvaluateKnown(chain, frame, info, ref meta, ref random, out verdict);
    }

    private void EvaluateKnown<TRandom>(ChainId chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain.Index, (uint)_layout.Count);
        if (typeof(TRandom) == typeof(PacketRandom) && _packedV4 is not null)
        {
            EvaluateByShortcut(chain.Index, frame, info, ref meta, ref Unsafe.As<TRandom, PacketRandom>(ref random), out verdict);
            return;
        }

        verdict = default;
        verdict.Rule = -1;
        if (!PacketView.TryLoad(_program.Family, frame, info, out PacketView view))
        {
            EvaluateDamaged(chain.Index, frame, info, ref meta, ref random, ref verdict);
            return;
        }

        Walk(chain.Index, frame, info, view, ref meta, ref random, ref verdict);
        if (verdict.Destination.Kind != NatKind.None)
            verdict.Rewrite = BindingWriter.Write(verdict.Destination, destination: true, frame, info);
    }

    /// <summary>Walks one chain with every frame of a burst: the same as one by one, in order.</summary>
    /// <param name="chain">From <see cref="Find"/>, of this matcher.</param>
    /// <param name="burst">The frames; DNAT rewrites them.</param>
    /// <param name="infos">What <see cref="FlowParser"/> found in each.</param>
    /// <param name="metas">What the node knows of each.</param>
    /// <param name="random">Where <c>statistic</c> draws from, packet after packet.</param>
    /// <param name="verdicts">The answers.</param>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    public void EvaluateBurst<TRandom>(
        ChainId chain, in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<PacketMeta> metas, ref TRandom random, Span<PacketVerdict> verdicts)
        where TRandom : struct, IRandomSource
    {
        if (infos.Length < burst.Count || metas.Length < burst.Count || verdicts.Length < burst.Count)
            Throw.Argument(nameof(burst), "expected an info, a meta and a verdict for each of its frames");
        if (_packedV4 is { } packedV4)
        {
            EvaluatePackedV4(packedV4, chain.Index, burst, infos, metas, ref random, verdicts);
            return;
        }

        if (_packedV6 is { } packedV6)
        {
            EvaluatePacked(packedV6, chain.Index, burst, infos, metas, ref random, verdicts);
            return;
        }

        for (int i = 0; i < burst.Count; i++)
            Evaluate(chain, burst[i], infos[i], ref metas[i], ref random, out verdicts[i]);
    }

    private unsafe void Walk<TRandom>(int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        if (_scan == ScanKind.Indexed)
            WalkUpdatable(chain, frame, info, view, ref meta, ref random, ref verdict);
        else if (_columns is { } columns && _program.Family == IpFamily.V4)
            Walk(new VectorScan<RuleHeadV4, NativeIsa>(_program.Heads, columns), chain, frame, info, view, ref meta, ref random, ref verdict);
        else if (_columns is { } columnsV6)
            Walk(new VectorScan<RuleHeadV6, NativeIsa>(_program.Heads, columnsV6), chain, frame, info, view, ref meta, ref random, ref verdict);
        else if (_trace is { } trace)
            WalkTraced(trace, chain, frame, info, view, ref meta, ref random, ref verdict);
        else if (_program.Family == IpFamily.V4)
            Walk(new LinearScan<RuleHeadV4>(_program.Heads), chain, frame, info, view, ref meta, ref random, ref verdict);
        else
            Walk(new LinearScan<RuleHeadV6>(_program.Heads), chain, frame, info, view, ref meta, ref random, ref verdict);
    }

    // SAFE: every rule number comes from the program itself: a chain's start, a jump's argument, a return (the rule after a
    // jump), or the step to the next rule, and no chain end steps on. Scan stops at the chain's end at the latest. The depth
    // of returns was measured when the rules were compiled.
    private unsafe void Walk<TScan, TRandom>(TScan scan, int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TScan : struct, IRuleScan
        where TRandom : struct, IRandomSource
    {
        RuleTail* tails = _program.Tails;
        RuleCounters* counters = _state.Counters;
        int rule = _program.Starts[chain];
        int depth = 0;
        while (true)
        {
            rule = scan.Next(rule, view);
            RuleTail* tail = tails + rule;
            if (tail->ExtraCount != 0)
            {
                ExtraResult extras = TestExtras(tail, frame, info, view, meta, ref random);
                if (extras == ExtraResult.Differs)
                {
                    rule++;
                    continue;
                }

                if (extras != ExtraResult.Matches)
                {
                    End(ref verdict, extras == ExtraResult.Unknown ? VerdictKind.UnknownMatch : VerdictKind.Drop, rule);
                    return;
                }
            }

            counters[rule].Packets++;
            counters[rule].Bytes += info.L3Length + meta.GrownBytes;
            switch (tail->Action)
            {
                case RuleAction.Continue:
                    rule++;
                    break;
                case RuleAction.Mark:
                    meta.Mark = (meta.Mark & ~tail->Argument2) ^ tail->Argument;
                    rule++;
                    break;
                case RuleAction.Alter:
                    if (!Alter(tail, rule, frame, info, view, ref meta, ref verdict))
                    {
                        End(ref verdict, VerdictKind.Drop, rule);
                        return;
                    }

                    rule++;
                    break;
                case RuleAction.Jump:
                    _returns[depth++] = rule + 1;
                    rule = (int)tail->Argument;
                    break;
                case RuleAction.Goto:
                    rule = (int)tail->Argument;
                    break;
                case RuleAction.ChainEnd when depth == 0 && rule == _program.Ends[chain]:
                    End(ref verdict, VerdictKind.Accept, -1);
                    return;
                case RuleAction.ChainEnd or RuleAction.Return:
                    rule = depth > 0 ? _returns[--depth] : _program.Ends[chain];
                    break;
                default:
                    Finish(tail, rule, chain, view, meta, ref random, ref verdict);
                    return;
            }
        }
    }

    /// <summary>The actions that end the walk.</summary>
    private unsafe void Finish<TRandom>(RuleTail* tail, int rule, int chain, in PacketView view, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        switch (tail->Action)
        {
            case RuleAction.Drop:
                End(ref verdict, VerdictKind.Drop, rule);
                break;
            case RuleAction.Reject:
                End(ref verdict, VerdictKind.Reject, rule);
                verdict.Reject = (RejectKind)tail->Argument;
                break;
            case RuleAction.Nat:
                End(ref verdict, VerdictKind.Accept, rule);
                Translate(_program.Translations[tail->Argument], chain, view, meta, ref random, ref verdict);
                break;
            case RuleAction.Unknown:
                End(ref verdict, VerdictKind.UnknownTarget, rule);
                break;
            case RuleAction.PolicyAccept:
                End(ref verdict, VerdictKind.Accept, -1);
                break;
            case RuleAction.PolicyDrop:
                End(ref verdict, VerdictKind.Drop, -1);
                break;
            default:
                End(ref verdict, VerdictKind.Accept, rule);
                break;
        }
    }

    private static void End(ref PacketVerdict verdict, VerdictKind kind, int rule)
    {
        verdict.Kind = kind;
        verdict.Rule = rule;
    }
}
