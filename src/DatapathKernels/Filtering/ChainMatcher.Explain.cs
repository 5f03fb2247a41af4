using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>
/// Dry runs with words. They walk a matcher of their own with copies of everything a walk changes (counters, counts, lists,
/// buckets, sets, meta data, frame), rule by rule whatever the matcher's own way is.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    private WalkTrace? _trace;

    /// <summary>Explains what <see cref="Evaluate{TRandom}(ChainId, Span{byte}, in PacketInfo, ref PacketMeta, ref TRandom, out PacketVerdict)"/> would say, and changes nothing.</summary>
    /// <param name="chain">From <see cref="Find"/>, of this matcher.</param>
    /// <param name="frame">The frame; it is copied.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>statistic</c> draws from, as the walk would find it.</param>
    /// <param name="connection">The packet's connection, where rules look at its tuples.</param>
    /// <param name="everyRule">True to tell every rule that did not match; false to sum up many of them in a line.</param>
    /// <remarks>Allocates and copies in proportion to the ruleset: for people, not for the packet path.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    public Explanation Explain<TRandom>(
        ChainId chain, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, TRandom random, ConnectionRecord? connection = null, bool everyRule = false)
        where TRandom : struct, IRandomSource
    {
        PacketMeta copy = meta;
        byte[] bytes = frame.ToArray();
        fixed (byte* pinned = bytes)
        {
            using Explainer explainer = new(this, pinned, bytes.Length, info, &copy, everyRule);
            explainer.TellPacket();
            PacketVerdict verdict;
            if (connection is { } record)
                explainer.Evaluate(explainer.SameChain(this, chain), bytes, info, ref copy, record, ref random, out verdict);
            else
                explainer.Evaluate(explainer.SameChain(this, chain), bytes, info, ref copy, ref random, out verdict);
            return explainer.Finish(verdict, copy, bytes);
        }
    }

    /// <summary>Explains what <see cref="Traverse"/> would do, and changes nothing of the matcher's.</summary>
    /// <param name="frame">The frame; it is copied.</param>
    /// <param name="info">What <see cref="FlowParser"/> found in it.</param>
    /// <param name="meta">What the node knows of the packet.</param>
    /// <param name="random">Where <c>statistic</c> draws from, as the walk would find it.</param>
    /// <param name="connections">Connection tracking: a copy, so state it keeps by reference must be one that may change.</param>
    /// <param name="everyRule">True to tell every rule that did not match; false to sum up many of them in a line.</param>
    public Explanation ExplainTraverse<TRandom, TConnections>(
        ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, TRandom random, TConnections connections, bool everyRule = false)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState
    {
        PacketMeta copy = meta;
        byte[] bytes = frame.ToArray();
        fixed (byte* pinned = bytes)
        {
            using Explainer explainer = new(this, pinned, bytes.Length, info, &copy, everyRule);
            explainer.TellPacket();
            explainer.Traverse(bytes, info, ref copy, ref random, ref connections, out PacketVerdict verdict);
            return explainer.Finish(verdict, copy, bytes);
        }
    }

    /// <summary>The number of the test behind a head that said no last.</summary>
    internal int LastDiffering => _differing;

    private void WalkTraced<TRandom>(WalkTrace trace, int chain, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        trace.Begin(view, _hasConnection ? _connection : null);
        if (_program.Family == IpFamily.V4)
            Walk(new TraceScan<RuleHeadV4>(_program.Heads, trace), chain, frame, info, view, ref meta, ref random, ref verdict);
        else
            Walk(new TraceScan<RuleHeadV6>(_program.Heads, trace), chain, frame, info, view, ref meta, ref random, ref verdict);
        trace.End(verdict);
    }

    /// <summary>A matcher for one dry run.</summary>
    private sealed class Explainer : ChainMatcher
    {
        private readonly TestWords _words;
        private readonly PacketView _first;
        private readonly bool _applies;

        public Explainer(ChainMatcher matcher, byte* frame, int length, in PacketInfo info, PacketMeta* meta, bool everyRule)
            : base(matcher.RulesNow(), owned: matcher.IsUpdated, ScanKind.Linear, matcher.IsUpdated ? null : matcher._state.Copy())
        {
            _words = new TestWords(_program, matcher._rules.Options, _state);
            _words.Load(frame, length, info, meta);
            _trace = new WalkTrace(this, _program, _state, _words, meta, everyRule);
            ReadOnlySpan<byte> bytes = new(frame, length);
            _applies = PacketView.TryLoad(_program.Family, bytes, info, out _first) || PacketView.TryLoadDamaged(_program.Family, bytes, info, out _first);
        }

        /// <summary>The chain of the same name: an updated matcher is explained over rules compiled afresh.</summary>
        public ChainId SameChain(ChainMatcher matcher, ChainId chain)
        {
            matcher.CheckChain(chain);
            Chain named = matcher._layout.Chains[chain.Index]!;
            Find(named.Table, named.Name, out ChainId same);
            return same;
        }

        public void TellPacket()
        {
            _words.Load(_first);
            string text = _applies ? _words.Packet() : $"not a well-formed {(_program.Family == IpFamily.V4 ? "IPv4" : "IPv6")} packet";
            _trace!.Steps.Add(new ExplanationStep(ExplanationKind.Packet, "", 0, 0, 0, $"packet: {text}"));
        }

        public Explanation Finish(in PacketVerdict verdict, in PacketMeta meta, byte[] frame)
        {
            string text = $"verdict: {Describe(verdict)}{TargetWords.Of(_program.Family, verdict)}";
            _trace!.Steps.Add(new ExplanationStep(ExplanationKind.Verdict, "", 0, 0, 0, text));
            return new Explanation(_trace.Steps, verdict, meta, frame);
        }
    }
}
