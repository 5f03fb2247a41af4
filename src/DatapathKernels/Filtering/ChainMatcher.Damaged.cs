using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>
/// Packets with a sound network header whose transport header is cut off, or lies about its length. The kernel takes them through the chains as INVALID; the
/// first match that wants to read what is not there drops them (<c>hotdrop</c>), if the tests before it match. They are walked rule by rule in every matcher.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    private readonly Lock _layoutLock = new();

    private const ulong NetworkBits = (0xffUL << PacketView.ProtocolShift) | PacketView.LaterFragment;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EvaluateDamaged<TRandom>(int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        if (PacketView.TryLoadDamaged(_program.Family, frame, info, out PacketView view))
            WalkLocked(chain, frame, info, view, ref meta, ref random, ref verdict);
        else
            verdict.Kind = VerdictKind.NotApplicable;
    }

    /// <summary>All tables of a hook but nat, which looks at packets of a connection only.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunHookDamaged<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        if (!PacketView.TryLoadDamaged(_program.Family, frame, info, out PacketView view))
        {
            verdict.Kind = VerdictKind.NotApplicable;
            return false;
        }

        if (!RunTableDamaged(TableKind.Raw, hook, frame, info, view, ref meta, ref random, ref verdict))
            return false;
        if (hook is Hook.PreRouting or Hook.Output && (meta.State & ConnectionStates.Untracked) == 0)
            connections.Track(frame, info, ref meta);
        _hasConnection = false;
        return RunTableDamaged(TableKind.Mangle, hook, frame, info, view, ref meta, ref random, ref verdict)
            && RunTableDamaged(TableKind.Filter, hook, frame, info, view, ref meta, ref random, ref verdict)
            && RunTableDamaged(TableKind.Security, hook, frame, info, view, ref meta, ref random, ref verdict);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TraverseDamaged<TRandom, TConnections>(Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        (ushort route, meta.OutInterface) = (meta.OutInterface, 0);
        if (!RunHookDamaged(Hook.PreRouting, frame, info, ref meta, ref random, ref connections, ref verdict))
            return;
        PacketView.TryLoadDamaged(_program.Family, frame, info, out PacketView view);
        if (IsLocal(view))
        {
            RunHookDamaged(Hook.Input, frame, info, ref meta, ref random, ref connections, ref verdict);
            return;
        }

        meta.OutInterface = route;
        if (!RunHookDamaged(Hook.Forward, frame, info, ref meta, ref random, ref connections, ref verdict))
            return;
        (ushort arrival, meta.InInterface) = (meta.InInterface, 0);
        RunHookDamaged(Hook.PostRouting, frame, info, ref meta, ref random, ref connections, ref verdict);
        meta.InInterface = arrival;
    }

    private bool RunTableDamaged<TRandom>(TableKind table, Hook hook, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        int chain = _hookChains[HookIndex(table, hook)];
        if (chain < 0)
            return true;
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        WalkLocked(chain, frame, info, view, ref meta, ref random, ref verdict);
        Volatile.Write(ref _steps, step + 2);
        return verdict.Kind == VerdictKind.Accept;
    }

    /// <summary>This walk reads the layout, which a replacement of chains on another thread changes: it waits for the few microseconds that takes.</summary>
    private void WalkLocked<TRandom>(int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        lock (_layoutLock)
            WalkDamaged(chain, frame, info, view, ref meta, ref random, ref verdict);
    }

    // SAFE: numbers are those of rules and ends of the layout, which the program, or the patch they came with, has in the same order
    private void WalkDamaged<TRandom>(int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        if (_layout.Chains[chain] is null)
            ThrowRemoved(chain);
        Span<int> returns = stackalloc int[ChainGraph.DepthLimit + 1];
        int number = _layout.Starts[chain], depth = 0;
        _trace?.Begin(view, null);
        while (true)
        {
            ChainMatcher owner = OwnerOf(number);
            int local = LocalOf(number);
            RuleTail* tail = owner._program.Tails + local;
            _trace?.Step(number, number, view);
            ExtraResult answer = owner.TestDamaged(local, frame, info, view, meta, ref random);
            if (answer == ExtraResult.Differs)
            {
                number++;
                continue;
            }

            if (answer != ExtraResult.Matches)
            {
                End(ref verdict, answer == ExtraResult.Unknown ? VerdictKind.UnknownMatch : VerdictKind.Drop, number);
                break;
            }

            _state.Counters[number].Packets++;
            _state.Counters[number].Bytes += info.L3Length + meta.GrownBytes;
            if (tail->Action == RuleAction.Jump)
                returns[depth++] = number + 1;
            if (tail->Action is RuleAction.Jump or RuleAction.Goto)
                number = CalleeOf(number);
            else if (tail->Action is RuleAction.ChainEnd or RuleAction.Return && (depth > 0 || number != _layout.Ends[chain]))
                number = depth > 0 ? returns[--depth] : _layout.Ends[chain];
            else if (!owner.ActDamaged(tail, number, chain, frame, info, view, ref meta, ref random, ref verdict))
                break;
            else
                number++;
        }

        _trace?.End(verdict);
    }

    /// <summary>False at the end of the walk.</summary>
    private bool ActDamaged<TRandom>(RuleTail* tail, int number, int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        switch (tail->Action)
        {
            case RuleAction.Continue:
                return true;
            case RuleAction.Mark:
                meta.Mark = (meta.Mark & ~tail->Argument2) ^ tail->Argument;
                return true;
            case RuleAction.Alter:
                if (Alter(tail, number, frame, info, view, ref meta, ref verdict))
                    return true;
                End(ref verdict, VerdictKind.Drop, number);
                return false;
            case RuleAction.ChainEnd:
                End(ref verdict, VerdictKind.Accept, -1);
                return false;
            default:
                Finish(tail, number, chain, view, meta, ref random, ref verdict);
                return false;
        }
    }

    private ExtraResult TestDamaged<TRandom>(int rule, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        bool fits = _program.Family == IpFamily.V4 ? FitsNetwork<RuleHeadV4>(rule, view) : FitsNetwork<RuleHeadV6>(rule, view);
        if (!fits)
            return ExtraResult.Differs;
        RuleTail* tail = _program.Tails + rule;
        int cut = (view.Transport & PacketView.HasTransport) != 0 ? RuleProgram.NeverCut : _program.CutAfter[rule];
        for (int i = 0; i < tail->ExtraCount; i++)
        {
            ExtraResult answer = i == cut ? ExtraResult.HotDrop : TestDamaged(_program.Extras[tail->FirstExtra + i], frame, info, view, meta, ref random);
            if (answer == ExtraResult.Matches)
                continue;
            _differing = tail->FirstExtra + i;
            return answer;
        }

        return cut == tail->ExtraCount ? ExtraResult.HotDrop : ExtraResult.Matches;
    }

    /// <summary>Ports are enough for <c>multiport</c>; options want the length that the header claims.</summary>
    private ExtraResult TestDamaged<TRandom>(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        bool whole = (view.Transport & PacketView.HasTransport) != 0;
        if (extra.Kind == ExtraKind.TcpOption && whole)
            return ExtraResult.HotDrop;
        if (extra.Kind == ExtraKind.Multiport && !whole)
        {
            if ((view.Transport & PacketView.CutPorts) == 0)
                return ExtraResult.HotDrop;
            return TestMultiport(extra, view) == extra.Negated ? ExtraResult.Differs : ExtraResult.Matches;
        }

        return extra.Kind == ExtraKind.Transport ? ExtraResult.Matches : Test(extra, frame, info, view, meta, ref random);
    }

    /// <summary>True when the head fits, but for what it asks of a transport header that is not there.</summary>
    private bool FitsNetwork<THead>(int rule, in PacketView view)
        where THead : struct, IRuleHead
    {
        RuleMask mask = THead.MaskOf(_program.Heads, rule);
        PacketView value = THead.ValueOf(_program.Heads, rule);
        ulong asked = (view.Transport & PacketView.HasTransport) != 0 ? ulong.MaxValue : NetworkBits;
        return (((view.Source0 & mask.Source0) ^ value.Source0) | ((view.Source1 & mask.Source1) ^ value.Source1)
            | ((view.Destination0 & mask.Destination0) ^ value.Destination0) | ((view.Destination1 & mask.Destination1) ^ value.Destination1)
            | (((view.Transport & mask.Transport) ^ value.Transport) & asked)) == 0;
    }

    private int LocalOf(int number) => number < _program.RuleCount ? number : number - _patchOf[number - _program.RuleCount]!.FirstNumber;

    /// <summary>The first number of the chain that a rule jumps to, wherever that stands now.</summary>
    private int CalleeOf(int number)
    {
        JumpTarget jump = (JumpTarget)_layout.Rules[number]!.Target!;
        return _layout.Starts[_chains[(ChainHolding(number).Table, jump.Chain)]];
    }
}
