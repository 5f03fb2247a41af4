using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>Translations: chosen once for a connection, before it is confirmed; written into each of its packets.</content>
public sealed partial class ConntrackTable
{
    private const ConntrackStatus BothNat = ConntrackStatus.SourceNat | ConntrackStatus.DestinationNat;

    /// <summary>New connections for which no port was free; their packets are dropped when they would be confirmed.</summary>
    public long PortsExhausted { get; private set; }

    /// <summary>True when it was decided already how this side of a connection is translated, be it not at all.</summary>
    public bool IsBound(int id, bool destination) => _store[id].Has(destination ? ConntrackStatus.DestinationNatDone : ConntrackStatus.SourceNatDone);

    /// <summary>
    /// Decides how one side of a new connection is translated (<c>nf_nat_setup_info</c>): once; later calls, and those for a confirmed
    /// connection, change nothing. Cost: a lookup; up to 248 when ports are scarce.
    /// </summary>
    /// <param name="id">The connection's number.</param>
    /// <param name="destination">True for the destination, false for the source.</param>
    /// <param name="choice">What is wanted; the default wants nothing, but a source port that another connection has is still changed.</param>
    /// <param name="nowMs">The time.</param>
    /// <returns>False when no port was free.</returns>
    public bool Bind(int id, bool destination, in NatChoice choice, long nowMs)
    {
        ref Connection connection = ref _store[id];
        if (IsBound(id, destination))
            return true;
        connection.Status |= destination ? ConntrackStatus.DestinationNatDone : ConntrackStatus.SourceNatDone;
        if (connection.Has(ConntrackStatus.Confirmed) || !ConnectionKeys.TryInvert(_store.ReplyOf(id), out FlowKeyV6 current))
            return true;
        FlowKeyV6 chosen = NatTupleChooser.Choose(this, current, choice, destination, nowMs, out bool isFree);
        PortsExhausted += isFree ? 0 : 1;
        if (!FlowKeyV6.AreEqual(chosen, current) && ConnectionKeys.TryInvert(chosen, out FlowKeyV6 reply))
        {
            _store.SetReply(id, reply);
            connection.Status |= destination ? ConntrackStatus.DestinationNat : ConntrackStatus.SourceNat;
        }

        return isFree;
    }

    /// <summary>
    /// Another translator (IPVS) sends a new connection's packets to this destination: answers will come from there (<c>ip_vs_update_conntrack</c>). The table then
    /// knows the answers, and leaves that side of the packets to the other. Nothing changes for a confirmed connection.
    /// </summary>
    /// <param name="id">The connection's number.</param>
    /// <param name="address">The destination; IPv4 as <c>::ffff:a.b.c.d</c>.</param>
    /// <param name="portBe">Its port, network byte order.</param>
    public void ExpectAnswersFrom(int id, in IPv6Address address, ushort portBe)
    {
        if (!_store[id].Has(ConntrackStatus.Confirmed | ConntrackStatus.Dying))
            _store.SetReply(id, ConnectionKeys.WithSource(_store.ReplyOf(id), address, portBe));
    }

    /// <summary>Writes one side of a connection's translation into one of its packets, as at one hook of the kernel.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="packet">What <see cref="Track"/> found.</param>
    /// <param name="destination">True before routing, when destinations change; false behind it.</param>
    /// <returns>
    /// <see cref="RewriteStatus.NotWhole"/> for an ICMP error that quotes too little to be translated, and <see cref="RewriteStatus.Untranslatable"/>
    /// for a redirect about a translated connection: the kernel drops both. Otherwise how far the packet was rewritten.
    /// </returns>
    public RewriteStatus TranslateSide(Span<byte> frame, in PacketInfo info, in TrackedPacket packet, bool destination)
    {
        if (packet.Id < 0)
            return RewriteStatus.Ok;
        ref Connection connection = ref _store[packet.Id];

        bool isError = packet.State == TrackedAs.Related && info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (isError && connection.Has(BothNat) && IsRedirect(frame, info))
            return RewriteStatus.Untranslatable;

        // The destination of an answer is the source of what it answers.
        if (!connection.Has(destination != packet.IsReply ? ConntrackStatus.DestinationNat : ConntrackStatus.SourceNat))
            return RewriteStatus.Ok;
        FlowKeyV6 other = packet.IsReply ? _store.OriginalOf(packet.Id) : _store.ReplyOf(packet.Id);
        return isError ? NatWriter.WriteError(frame, info, other, destination) : NatWriter.Write(frame, info, other, destination);
    }

    private static bool IsRedirect(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        info.Protocol == IpProtocol.Icmp && frame[info.L4Offset] == (byte)IcmpType.Redirect;

    /// <summary>Writes a connection's whole translation into one of its packets; checksums are mended by what changed.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="packet">What <see cref="Track"/> found.</param>
    public RewriteStatus Translate(Span<byte> frame, in PacketInfo info, in TrackedPacket packet)
    {
        if (packet.Id < 0 || !_store[packet.Id].Has(BothNat))
            return RewriteStatus.Ok;
        RewriteStatus status = TranslateSide(frame, info, packet, destination: true);
        return status == RewriteStatus.Ok ? TranslateSide(frame, info, packet, destination: false) : status;
    }

    /// <summary>True when no connection has the tuple in which answers to this one come in, and they come to this worker.</summary>
    /// <param name="tuple">The tuple.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="anywhere">True when another worker would do: the tuple is not final.</param>
    internal bool IsAnswerFree(in FlowKeyV6 tuple, long nowMs, bool anywhere = false) =>
        ConnectionKeys.TryInvert(tuple, out FlowKeyV6 reply) && (anywhere || IsMine(reply)) && Find(reply, (uint)nowMs) == TupleIndex.End;

    private bool IsMine(in FlowKeyV6 tuple) => _shards == null || _shards.Of(tuple) == _shard;

    internal ushort DrawPort() => _options.PortDraws is { } draws ? draws() : (ushort)Draw(ushort.MaxValue + 1);

    /// <summary>
    /// The mapping that the tuple's source has towards another destination (<c>find_appropriate_src</c>), when it fits the choice and is free. That of a connection whose
    /// time is over counts no more; with the kernel it does until the collector comes by, up to a minute later.
    /// </summary>
    internal bool TryReuseMapping(in FlowKeyV6 tuple, in NatChoice choice, long nowMs, out FlowKeyV6 reused)
    {
        reused = tuple;
        for (int id = _sources.Head(SourceBucket(tuple)); id != SourceChains.End; id = _store[id].Next)
        {
            FlowKeyV6 original = _store.OriginalOf(id);
            bool same = original.Protocol == tuple.Protocol && original.Zone == tuple.Zone && original.SourcePortBe == tuple.SourcePortBe && original.Source == tuple.Source;
            if (!same || _store[id].IsOver((uint)nowMs) || !ConnectionKeys.TryInvert(_store.ReplyOf(id), out FlowKeyV6 mapped))
                continue;
            reused = ConnectionKeys.WithSource(tuple, mapped.Source, mapped.SourcePortBe);
            if (NatTupleChooser.Fits(reused, choice))
                return IsAnswerFree(reused, nowMs);
        }

        return false;
    }

    private uint SourceBucket(in FlowKeyV6 tuple)
    {
        FlowKeyV6 source = new(tuple.Source, default, tuple.SourcePortBe, 0, tuple.Protocol, tuple.Zone);
        return ConntrackHash.Bucket((uint)(FlowKeyV6.Hash(source, _seed) >> 32), _sources.Buckets);
    }
}
