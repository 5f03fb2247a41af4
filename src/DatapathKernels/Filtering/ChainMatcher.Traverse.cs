using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Whole hooks and whole ways through the node.</content>
public abstract partial class ChainMatcher
{
    /// <summary>
    /// Runs every table of one hook in the kernel's order: raw, connection tracking (PREROUTING and OUTPUT), mangle, then nat
    /// before filter where destinations are chosen (PREROUTING, OUTPUT), and nat last where sources are (INPUT, POSTROUTING).
    /// </summary>
    /// <param name="hook">The hook.</param>
    /// <param name="frame">The frame; targets and translations rewrite it. Bytes behind the datagram are room for TCPMSS.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>statistic</c> draws from.</param>
    /// <param name="connections">Connection tracking.</param>
    /// <param name="verdict">The answer of the first table that did not accept, or of the last; bindings of all.</param>
    /// <exception cref="ObjectDisposedException">The matcher was disposed.</exception>
    public void RunHook<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        verdict = default;
        verdict.Rule = -1;
        if (PacketView.TryLoad(_program.Family, frame, info, out PacketView view))
            RunHook(hook, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        else
            RunHookDamaged(hook, frame, info, ref meta, ref random, ref connections, ref verdict);
    }

    /// <summary>
    /// Runs a packet that arrived through the node: PREROUTING, then INPUT when its destination is local by then, otherwise
    /// FORWARD and POSTROUTING. Routing is the caller's: set <see cref="PacketMeta.OutInterface"/> beforehand; the TTL is not touched.
    /// </summary>
    /// <param name="frame">The frame; targets and translations rewrite it. Bytes behind the datagram are room for TCPMSS.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>statistic</c> draws from.</param>
    /// <param name="connections">Connection tracking.</param>
    /// <param name="verdict">The answer of the first table that did not accept, or of the last; bindings of all.</param>
    /// <exception cref="ObjectDisposedException">The matcher was disposed.</exception>
    public void Traverse<TRandom, TConnections>(Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        verdict = default;
        verdict.Rule = -1;
        if (!PacketView.TryLoad(_program.Family, frame, info, out PacketView view))
        {
            TraverseDamaged(frame, info, ref meta, ref random, ref connections, ref verdict);
            return;
        }

        // Before routing a packet has no outgoing interface.
        ushort route = meta.OutInterface;
        meta.OutInterface = 0;
        bool goesOn = RunHook(Hook.PreRouting, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        if (!goesOn)
            return;
        if (verdict.Destination.Kind == NatKind.Redirect || IsLocal(view))
        {
            RunHook(Hook.Input, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
            return;
        }

        meta.OutInterface = route;
        goesOn = RunHook(Hook.Forward, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        if (!goesOn)
            return;
        ushort arrival = meta.InInterface;
        meta.InInterface = 0;
        RunHook(Hook.PostRouting, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        meta.InInterface = arrival;
    }

    private bool RunHook<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        if (!RunTable(TableKind.Raw, hook, frame, info, view, ref meta, ref random, ref verdict))
            return false;
        if (hook is Hook.PreRouting or Hook.Output && (meta.State & ConnectionStates.Untracked) == 0 && !connections.Track(frame, info, ref meta))
        {
            End(ref verdict, VerdictKind.Drop, -1);
            return false;
        }

        Describe(meta, ref connections);
        uint connectionMark = meta.ConnectionMark;
        bool goesOn = RunTracked(hook, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        if (meta.ConnectionMark != connectionMark)
            connections.Remark(meta);
        if (goesOn && hook is Hook.Input or Hook.PostRouting && !connections.Confirm(ref meta))
        {
            End(ref verdict, VerdictKind.Drop, -1);
            return false;
        }

        if (verdict.Kind == VerdictKind.Drop)
            connections.Forget();
        return goesOn;
    }

    private bool RunTracked<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        bool entry = hook is Hook.PreRouting or Hook.Output;
        return RunTable(TableKind.Mangle, hook, frame, info, view, ref meta, ref random, ref verdict)
            && (!entry || RunNat(hook, frame, info, ref view, ref meta, ref random, ref connections, ref verdict))
            && RunTable(TableKind.Filter, hook, frame, info, view, ref meta, ref random, ref verdict)
            && RunTable(TableKind.Security, hook, frame, info, view, ref meta, ref random, ref verdict)
            && (entry || RunNat(hook, frame, info, ref view, ref meta, ref random, ref connections, ref verdict));
    }

    private bool RunNat<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        if (hook == Hook.Forward || !_hasNat)
            return true;
        NatTurn turn = connections.TakeNat(hook, frame, info, ref meta);
        if (turn == NatTurn.Settled)
            PacketView.TryLoad(_program.Family, frame, info, out view);
        else if (turn == NatTurn.Drop)
            End(ref verdict, VerdictKind.Drop, -1);
        if (turn != NatTurn.Ask)
            return turn == NatTurn.Settled;

        // A fresh verdict for this table, so that Bind sees what this hook chose and not an earlier one.
        PacketVerdict answer = default;
        answer.Rule = -1;
        _latitude = default;
        bool goesOn = RunTable(TableKind.Nat, hook, frame, info, view, ref meta, ref random, ref answer);
        bool destination = hook is Hook.PreRouting or Hook.Output;
        NatBinding chosen = destination ? answer.Destination : answer.Source;
        answer.Rewrite = verdict.Rewrite;
        if (goesOn)
        {
            RewriteStatus written = connections.Bind(hook, chosen, _latitude, frame, info, ref meta);
            if (chosen.Kind != NatKind.None)
                answer.Rewrite = written;
            PacketView.TryLoad(_program.Family, frame, info, out view);
            Describe(meta, ref connections);
            if (_latitude.HasPorts && written == RewriteStatus.Ok)
                chosen.Port = chosen.HighPort = view.DestinationPort;
            goesOn = IsWritten(written, ref answer);
        }

        answer.Destination = destination ? chosen : verdict.Destination;
        answer.Source = destination ? verdict.Source : chosen;
        verdict = answer;
        return goesOn;
    }

    /// <summary>A packet that could not be translated as it must be is dropped.</summary>
    private static bool IsWritten(RewriteStatus written, ref PacketVerdict verdict)
    {
        if (written < RewriteStatus.NotWhole)
            return true;
        End(ref verdict, VerdictKind.Drop, -1);
        return false;
    }

    private bool RunTable<TRandom>(TableKind table, Hook hook, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        int chain = _hookChains[HookIndex(table, hook)];
        if (chain < 0)
            return true;
        Walk(chain, frame, info, view, ref meta, ref random, ref verdict);
        return verdict.Kind == VerdictKind.Accept;
    }

    private bool IsLocal(in PacketView view)
    {
        UInt128 destination = view.AddressOf(_program.Family, PacketSide.Destination);
        return _program.Family == IpFamily.V4
            ? _addresses.KindOfV4((uint)destination) is AddressTypes.Local or AddressTypes.Broadcast
            : _addresses.IsLocalV6(destination);
    }
}
