using DatapathKernels.Packets;

namespace DatapathKernels.Filtering.Nft;

/// <content>Whole hooks and whole ways through the node.</content>
public sealed partial class NftMatcher
{
    private const int TrackingPriority = -200;

    /// <summary>
    /// Runs every base chain of one hook by priority. Connection tracking acts at -200 (PREROUTING and OUTPUT), translation where
    /// the nat chains run: at -100 where destinations are chosen (PREROUTING, OUTPUT), at 100 where sources are (INPUT, POSTROUTING).
    /// </summary>
    /// <param name="hook">The hook.</param>
    /// <param name="frame">The frame; translations rewrite it.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>numgen random</c> draws from.</param>
    /// <param name="connections">Connection tracking.</param>
    /// <param name="verdict">The answer of the first chain that did not accept, or of the last; bindings of all.</param>
    public void RunHook<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        verdict = default;
        verdict.Rule = -1;
        if (TryLoad(frame, info, out PacketView view))
            RunHook(hook, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
        else
            verdict.Kind = VerdictKind.NotApplicable;
    }

    /// <summary>
    /// Runs a packet that arrived through the node: PREROUTING, then INPUT when its destination is local by then, otherwise
    /// FORWARD and POSTROUTING. Routing is the caller's: set <see cref="PacketMeta.OutInterface"/> beforehand; the TTL is not touched.
    /// </summary>
    /// <param name="frame">The frame; translations rewrite it.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>numgen random</c> draws from.</param>
    /// <param name="connections">Connection tracking.</param>
    /// <param name="verdict">The answer of the first chain that did not accept, or of the last; bindings of all.</param>
    public void Traverse<TRandom, TConnections>(Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        verdict = default;
        verdict.Rule = -1;
        if (!TryLoad(frame, info, out PacketView view))
        {
            verdict.Kind = VerdictKind.NotApplicable;
            return;
        }

        // Before routing a packet has no outgoing interface.
        ushort route = meta.OutInterface;
        meta.OutInterface = 0;
        if (!RunHook(Hook.PreRouting, frame, info, ref view, ref meta, ref random, ref connections, ref verdict))
            return;
        if (verdict.Destination.Kind == NatKind.Redirect || IsLocal(view))
        {
            RunHook(Hook.Input, frame, info, ref view, ref meta, ref random, ref connections, ref verdict);
            return;
        }

        meta.OutInterface = route;
        if (!RunHook(Hook.Forward, frame, info, ref view, ref meta, ref random, ref connections, ref verdict))
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
        NftBaseChain[] chains = _program.Hooks[(int)hook];
        bool entry = hook is Hook.PreRouting or Hook.Output;
        int translation = entry ? -100 : 100, next = 0;
        uint connectionMark = meta.ConnectionMark;
        if (entry)
        {
            if (!RunBelow(TrackingPriority, chains, ref next, info, view, ref meta, ref random, ref verdict))
                return false;
            if ((meta.State & ConnectionStates.Untracked) == 0 && !connections.Track(frame, info, ref meta))
            {
                End(ref verdict, VerdictKind.Drop, -1);
                return false;
            }

            connectionMark = meta.ConnectionMark;
        }

        bool goesOn = RunBelow(translation, chains, ref next, info, view, ref meta, ref random, ref verdict)
            && RunNat(hook, chains, ref next, frame, info, ref view, ref meta, ref random, ref connections, ref verdict)
            && RunBelow(int.MaxValue, chains, ref next, info, view, ref meta, ref random, ref verdict);
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

    /// <summary>Runs the chains up to a priority; nat chains, which come first at theirs, stop it.</summary>
    private bool RunBelow<TRandom>(int priority, NftBaseChain[] chains, ref int next, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        while (next < chains.Length && !chains[next].IsNat && (priority == int.MaxValue || chains[next].Priority < priority))
        {
            Walk(chains[next++].Chain, info, view, ref meta, ref random, ref verdict);
            if (verdict.Kind != VerdictKind.Accept)
                return false;
        }

        return true;
    }

    private bool RunNat<TRandom, TConnections>(Hook hook, NftBaseChain[] chains, ref int next, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketMeta meta, ref TRandom random, ref TConnections connections, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        int first = next;
        while (next < chains.Length && chains[next].IsNat)
            next++;
        if (hook == Hook.Forward || !_hasNat)
            return true;
        NatTurn turn = connections.TakeNat(hook, frame, info, ref meta);
        if (turn == NatTurn.Settled)
            TryLoad(frame, info, out view);
        else if (turn == NatTurn.Drop)
            End(ref verdict, VerdictKind.Drop, -1);
        if (turn != NatTurn.Ask)
            return turn == NatTurn.Settled;

        // A fresh verdict for these chains, so that Bind sees what this hook chose and not an earlier one.
        PacketVerdict answer = default;
        answer.Rule = -1;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        NatBinding chosen = default;
        _latitude = default;
        for (int i = first; i < next && answer.Kind == VerdictKind.Accept && chosen.Kind == NatKind.None; i++)
        {
            Walk(chains[i].Chain, info, view, ref meta, ref random, ref answer);
            chosen = destination ? answer.Destination : answer.Source;
        }

        bool goesOn = answer.Kind == VerdictKind.Accept;
        answer.Rewrite = verdict.Rewrite;
        if (goesOn)
        {
            RewriteStatus written = connections.Bind(hook, chosen, _latitude, frame, info, ref meta);
            if (chosen.Kind != NatKind.None)
                answer.Rewrite = written;
            TryLoad(frame, info, out view);
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

    /// <summary>Of a transport header that is cut off, its ports are read where they are there, as <c>nft_payload</c> reads them.</summary>
    private bool TryLoad(ReadOnlySpan<byte> frame, in PacketInfo info, out PacketView view)
    {
        if (PacketView.TryLoad(_program.Family, frame, info, out view))
            return true;
        if (!PacketView.TryLoadDamaged(_program.Family, frame, info, out view))
            return false;
        view.Transport |= (view.Transport & PacketView.CutPorts) != 0 ? PacketView.HasTransport : 0;
        return true;
    }

    private bool IsLocal(in PacketView view)
    {
        UInt128 destination = view.AddressOf(_program.Family, PacketSide.Destination);
        return _program.Family == IpFamily.V4
            ? _addresses.KindOfV4((uint)destination) is AddressTypes.Local or AddressTypes.Broadcast
            : _addresses.IsLocalV6(destination);
    }
}
