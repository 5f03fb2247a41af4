using System.Runtime.InteropServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Connection tracking and translation over a <see cref="ConnectionTable"/>, as the kernel does both with its default settings:
/// states, translations of both sides with a free port, translated replies, and ICMP errors about a known connection, whose
/// quoted packet is translated too. One value of this type follows one packet through its hooks.
/// </summary>
/// <remarks>
/// Simple: there are no helpers and expectations, SCTP and DCCP are followed without their
/// states, and fragments are expected to be put together before (one that is not is invalid).
/// </remarks>
public struct SimpleConnections : IConnectionState
{
    private readonly ConnectionTable _table;
    private Connection? _connection;
    private bool _reply, _isError, _isAttached, _ipv4;

    /// <summary>Follows packets over a table.</summary>
    public SimpleConnections(ConnectionTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <inheritdoc/>
    public void Track(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (_isAttached)
            return;
        _connection = null;
        _isError = false;
        _ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        meta.State = ConnectionStates.Invalid;
        meta.Status = ConnectionStatuses.None;
        meta.ConnectionMark = 0;
        if (!IsTrackable(frame, info))
            return;
        byte type = info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? frame[info.L4Offset] : (byte)0;
        if (info.Protocol == IpProtocol.IcmpV6 && type is (>= 130 and <= 136) or 143)
            meta.State = ConnectionStates.Untracked;
        else if ((info.Protocol == IpProtocol.Icmp && QuotedPacketParser.IsIcmpError(type)) || (info.Protocol == IpProtocol.IcmpV6 && QuotedPacketParser.IsIcmpV6Error(type)))
            TrackError(frame, info, ref meta);
        else
            TrackFlow(frame, info, ref meta);
    }

    /// <summary>
    /// The packet is the node's own answer to the last packet that was tracked (a REJECT, an expired TTL): it is related to
    /// that packet's connection, in the other direction, confirmed or not (<c>nf_ct_attach</c>). Follow the answer through OUTPUT
    /// and POSTROUTING with what is returned; without a connection it is tracked like any other packet.
    /// </summary>
    public readonly SimpleConnections Answer(in PacketMeta meta, out PacketMeta answer)
    {
        SimpleConnections made = this;
        answer = new PacketMeta { NowMs = meta.NowMs, Zone = meta.Zone };
        if (_connection is null)
            return made;
        made._reply = !_reply;
        made._isError = made._isAttached = true;
        made.Tell(ConnectionStates.Related, ref answer);
        return made;
    }

    /// <summary>The node answered the packet with a reset: its connection is closed, and soon forgotten (<c>nf_ct_set_closing</c>).</summary>
    public readonly void Close(in PacketMeta meta)
    {
        if (_connection is not { Original.Protocol: IpProtocol.Tcp } connection)
            return;
        connection.Tcp.State = TcpState.Close;
        connection.ExpiresMs = meta.NowMs + (TcpTransitions.TimeoutSeconds[(int)TcpState.Close] * 1000L);
    }

    /// <inheritdoc/>
    public readonly bool AsksNat(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (_connection is null)
            return false;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        if (_isError && info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            if (IsTranslated(destination))
                QuoteTranslator.Translate(frame, info, _connection, _reply, destination, _ipv4);
            return false;
        }

        if ((meta.State is ConnectionStates.New or ConnectionStates.Related) && !(destination ? _connection.DestinationBound : _connection.SourceBound))
            return true;
        WriteOwn(destination, frame, info);
        return false;
    }

    /// <inheritdoc/>
    public readonly RewriteStatus Bind(Hook hook, in NatBinding binding, Span<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (_connection is not { } connection)
            return RewriteStatus.Ok;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        if (destination)
            connection.DestinationBound = true;
        else
            connection.SourceBound = true;
        if (!connection.IsConfirmed && ConnectionKeys.TryInvert(connection.Reply, out FlowKeyV6 current))
        {
            FlowKeyV6 chosen = PortSearch.Choose(_table, current, binding, destination, _ipv4, meta.NowMs);
            if (!FlowKeyV6.AreEqual(chosen, current) && ConnectionKeys.TryInvert(chosen, out FlowKeyV6 reply))
            {
                connection.Reply = reply;
                connection.Status |= destination ? ConnectionStatuses.DestinationNat : ConnectionStatuses.SourceNat;
            }
        }

        meta.Status = connection.Status;
        return WriteOwn(destination, frame, info);
    }

    /// <inheritdoc/>
    public readonly void Remark(in PacketMeta meta)
    {
        if (_connection is { } connection)
            connection.Mark = meta.ConnectionMark;
    }

    /// <inheritdoc/>
    public readonly bool Confirm(ref PacketMeta meta)
    {
        if (_connection is not { IsConfirmed: false } connection || _reply)
            return true;
        if (!_table.TryAdd(connection, meta.NowMs))
            return false;
        meta.Status = connection.Status;
        return true;
    }

    /// <inheritdoc/>
    public readonly bool TryDescribe(in PacketMeta meta, out ConnectionRecord record)
    {
        record = default;
        if (_connection is not { } connection)
            return false;
        record.Original = TupleOf(connection.Original);
        record.Reply = TupleOf(connection.Reply);
        record.Protocol = connection.Original.Protocol;
        record.IsReply = _reply;
        record.ExpiresInSeconds = connection.IsConfirmed ? (uint)Math.Max(0, (connection.ExpiresMs - meta.NowMs) / 1000) : 0;
        return true;
    }

    /// <summary>What conntrack leaves alone: broken or partial packets, wrong checksums, illegal flags.</summary>
    private static bool IsTrackable(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (!info.HasKey || (info.Flags & PacketFlags.Fragment) != 0 || PacketChecksums.VerifyTransport(frame, info) is ChecksumVerdict.Invalid or ChecksumVerdict.IllegalZero)
            return false;
        bool transport = (info.Flags & PacketFlags.Transport) != 0;
        if (info.Protocol == IpProtocol.Tcp)
            return transport && TcpTracker.IsSound(frame.Slice(info.L4Offset, (int)info.L4Length));
        if (info.Protocol != IpProtocol.Gre)
            return true;
        // PPTP's GRE (version 1) carries PPP and nothing else.
        ReadOnlySpan<byte> gre = frame.Slice(info.L4Offset, (int)info.L4Length);
        return gre.Length >= 4 && ((gre[1] & 7) != 1 || (gre[2] == 0x88 && gre[3] == 0x0b));
    }

    private void TrackError(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        QuotedPacketParser.Parse(frame, info, meta.Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey || !ConnectionKeys.TryInvert(_ipv4 ? ConnectionKeys.Of(v4) : v6, out FlowKeyV6 inner)
            || _table.Find(inner, meta.NowMs, out bool reply) is not { } connection)
        {
            return;
        }

        // The error must go where the quoted packet came from, as that side knows it.
        IPv6Address target = reply ? connection.Reply.Destination : connection.Original.Destination;
        if (target != Destination(frame, info))
            return;
        (_connection, _reply, _isError) = (connection, reply, true);
        Tell(ConnectionStates.Related, ref meta);
    }

    private void TrackFlow(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        FlowParser.ParseNetwork(frame.Slice(info.L3Offset, (int)info.L3Length), meta.Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
        FlowKeyV6 key = _ipv4 ? ConnectionKeys.Of(v4) : v6;
        ReadOnlySpan<byte> segment = frame.Slice(info.L4Offset, (int)info.L4Length);
        Connection? found = _table.Find(key, meta.NowMs, out bool reply);
        TcpAnswer answer = TcpAnswer.Reopen;
        if (found is not null && (answer = Follow(found, reply, segment, meta.NowMs)) == TcpAnswer.Reopen)
            _table.Remove(found);
        if (answer == TcpAnswer.Reopen)
        {
            reply = false;
            found = Start(key, segment, meta.NowMs);
            answer = found is null ? TcpAnswer.Invalid : Follow(found, false, segment, meta.NowMs);
        }

        if (answer == TcpAnswer.Invalid || found is null)
            return;
        if (answer == TcpAnswer.Gone && found.IsConfirmed)
            _table.Remove(found);
        (_connection, _reply) = (found, reply);
        bool established = reply || found.SeenReply;
        if (reply)
            found.Status |= ConnectionStatuses.SeenReply;
        Tell(established ? ConnectionStates.Established : ConnectionStates.New, ref meta);
    }

    private static Connection? Start(in FlowKeyV6 key, ReadOnlySpan<byte> segment, long nowMs)
    {
        if (!ConnectionKeys.TryInvert(key, out FlowKeyV6 reply))
            return null;
        if (key.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 && !ConnectionKeys.IsRequest(key))
            return null;
        Connection connection = new();
        connection.Start(key, reply, nowMs);
        return key.Protocol != IpProtocol.Tcp || TcpTracker.TryStart(out connection.Tcp, segment, TcpSettings.Default) ? connection : null;
    }

    private static TcpAnswer FollowTcp(Connection connection, bool reply, ReadOnlySpan<byte> segment, long nowMs)
    {
        bool assured = (connection.Status & ConnectionStatuses.Assured) != 0;
        TcpAnswer answer = TcpTracker.Follow(ref connection.Tcp, reply, connection.SeenReply, ref assured, segment, TcpSettings.Default, out int seconds);
        if (assured)
            connection.Status |= ConnectionStatuses.Assured;
        if (answer == TcpAnswer.Accepted)
            connection.ExpiresMs = nowMs + (seconds * 1000L);
        return answer;
    }

    private static TcpAnswer Follow(Connection connection, bool reply, ReadOnlySpan<byte> segment, long nowMs)
    {
        if (connection.Original.Protocol == IpProtocol.Tcp)
            return FollowTcp(connection, reply, segment, nowMs);
        int seconds = connection.Original.Protocol switch
        {
            IpProtocol.Udp or IpProtocol.UdpLite => Answered(connection, nowMs) ? 120 : 30,
            IpProtocol.Icmp or IpProtocol.IcmpV6 => 30,
            IpProtocol.Gre => connection.SeenReply ? 180 : 30,
            IpProtocol.Sctp => 210,
            _ => 600,
        };
        connection.ExpiresMs = nowMs + (seconds * 1000L);
        return TcpAnswer.Accepted;
    }

    /// <summary>UDP that went both ways for more than two seconds is a stream, and assured.</summary>
    private static bool Answered(Connection connection, long nowMs)
    {
        bool stream = connection.SeenReply && nowMs - connection.CreatedMs > 2000;
        if (stream)
            connection.Status |= ConnectionStatuses.Assured;
        return stream;
    }

    private readonly void Tell(ConnectionStates state, ref PacketMeta meta)
    {
        meta.State = state;
        if (_connection is not { } connection)
            return;
        meta.Status = connection.Status;
        meta.ConnectionMark = connection.Mark;
    }

    /// <summary>True when the packet's direction has a translation of that side: a reply's destination is the connection's source.</summary>
    private readonly bool IsTranslated(bool destination) =>
        (_connection!.Status & (destination != _reply ? ConnectionStatuses.DestinationNat : ConnectionStatuses.SourceNat)) != 0;

    /// <summary>Writes the connection's own translation of one side: the packet becomes the inverse of the other direction's.</summary>
    private readonly RewriteStatus WriteOwn(bool destination, Span<byte> frame, in PacketInfo info)
    {
        if (!IsTranslated(destination) || !ConnectionKeys.TryInvert(_reply ? _connection!.Original : _connection!.Reply, out FlowKeyV6 target))
            return RewriteStatus.Ok;
        bool icmp = target.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        ushort portBe = destination && !icmp ? target.DestinationPortBe : target.SourcePortBe;
        IPv6Address address = ConnectionKeys.Wire(_ipv4, destination ? target.Destination : target.Source);
        if (!_ipv4)
            return destination ? AddressRewriter.SetDestination(frame, info, address, portBe) : AddressRewriter.SetSource(frame, info, address, portBe);
        uint word = IPv6Address.FirstWord(address);
        return destination ? AddressRewriter.SetDestination(frame, info, word, portBe) : AddressRewriter.SetSource(frame, info, word, portBe);
    }

    private readonly IPv6Address Destination(ReadOnlySpan<byte> frame, in PacketInfo info) => _ipv4
        ? ConnectionKeys.Mapped(MemoryMarshal.Read<uint>(frame[(info.L3Offset + 16)..]))
        : new IPv6Address(frame[(info.L3Offset + 24)..]);

    private readonly ConnectionTuple TupleOf(in FlowKeyV6 key)
    {
        ConnectionTuple tuple = ConnectionTuple.From(key);
        return _ipv4 ? tuple with { Source = (uint)tuple.Source, Destination = (uint)tuple.Destination } : tuple;
    }
}
