using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Connection tracking and translation over a <see cref="ConntrackTable"/>, as the kernel does both: states, translations of both sides with
/// a free port, translated replies, and ICMP errors about a known connection, whose quoted packet is translated too. One value of this type
/// follows one packet through its hooks; a matcher calls it.
/// </summary>
/// <remarks>
/// Fragments are expected to be put together before, as the kernel does ahead of its tracking: one that is not is invalid. A packet
/// that goes no further without a matcher's doing (the caller's routing found no way) is to be given to <see cref="Forget"/>.
/// </remarks>
public struct TrackedConnections : IConnectionState
{
    private readonly ConntrackTable _table;
    private readonly FlowKeyV6 _key;
    private readonly uint _bucket;
    private readonly bool _isPrepared;
    private TrackedPacket _packet;
    private bool _isAttached;

    /// <summary>Follows packets over a table.</summary>
    public TrackedConnections(ConntrackTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _packet = new TrackedPacket(TrackedAs.Invalid, -1, false);
    }

    /// <summary>Follows a packet of a burst that was prepared (<see cref="ConntrackTable.Prepare"/>).</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The packet's key.</param>
    /// <param name="bucket">What the table said of it.</param>
    public TrackedConnections(ConntrackTable table, in FlowKeyV6 key, uint bucket)
        : this(table)
    {
        (_key, _bucket, _isPrepared) = (key, bucket, true);
    }

    /// <summary>Follows a packet that was tracked already.</summary>
    internal TrackedConnections(ConntrackTable table, in TrackedPacket packet)
        : this(table)
    {
        (_packet, _isAttached) = (packet, true);
    }

    /// <summary>True while something takes the packet between a hook's filter and what comes last there (IPVS in INPUT): nat is not asked, and nothing confirmed.</summary>
    internal bool StopsBeforeNat { get; set; }

    /// <summary>What the table found the packet to be.</summary>
    public readonly TrackedPacket Packet => _packet;

    /// <inheritdoc/>
    public bool Track(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (!_isAttached)
            _packet = Find(frame, info, meta);
        Tell(ref meta);
        return _packet.State != TrackedAs.TableFull;
    }

    /// <summary><see cref="Track"/> ahead of a hook, which then takes what was found here.</summary>
    internal void TrackAhead(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        Track(frame, info, ref meta);
        _isAttached = true;
    }

    /// <summary>Translates one side of a packet whose connection is known and established.</summary>
    internal readonly void TranslateKnown(Span<byte> frame, in PacketInfo info, bool destination) => _table.TranslateSide(frame, info, _packet, destination);

    /// <summary>
    /// The packet is the node's own answer to the last packet that was tracked (a REJECT, an expired TTL): it is related to
    /// that packet's connection, in the other direction, confirmed or not (<c>nf_ct_attach</c>). Follow the answer through OUTPUT
    /// and POSTROUTING with what is returned, then <see cref="Forget"/> the packet itself; without a connection the answer is tracked like any other packet.
    /// </summary>
    public readonly TrackedConnections Answer(in PacketMeta meta, out PacketMeta answer)
    {
        TrackedConnections made = new(_table);
        answer = new PacketMeta { NowMs = meta.NowMs, Zone = meta.Zone };
        if (_packet.Id < 0)
            return made;
        made._packet = new TrackedPacket(TrackedAs.Related, _packet.Id, !_packet.IsReply);
        made._isAttached = true;
        return made;
    }

    /// <summary>The node answered the packet with a reset: its connection is closed, and soon forgotten (<c>nf_ct_set_closing</c>).</summary>
    public readonly void Close(in PacketMeta meta)
    {
        if (_packet.Id >= 0)
            _table.Close(_packet.Id, meta.NowMs);
    }

    /// <inheritdoc/>
    public readonly NatTurn TakeNat(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (_packet.Id < 0 || StopsBeforeNat)
            return NatTurn.Settled;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        bool isError = _packet.State == TrackedAs.Related && info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (!isError && meta.State is ConnectionStates.New or ConnectionStates.Related && !_table.IsBound(_packet.Id, destination))
            return NatTurn.Ask;
        return _table.TranslateSide(frame, info, _packet, destination) < RewriteStatus.NotWhole ? NatTurn.Settled : NatTurn.Drop;
    }

    /// <inheritdoc/>
    public readonly RewriteStatus Bind(Hook hook, in NatBinding binding, in NatLatitude latitude, Span<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (_packet.Id < 0)
            return RewriteStatus.Ok;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        _table.Bind(_packet.Id, destination, ChoiceOf(binding, latitude, (info.Flags & PacketFlags.Ipv4) != 0), meta.NowMs);
        meta.Status = (ConnectionStatuses)_table.StatusOf(_packet.Id);
        return _table.TranslateSide(frame, info, _packet, destination);
    }

    /// <inheritdoc/>
    public readonly void Remark(in PacketMeta meta)
    {
        if (_packet.Id >= 0)
            _table.SetMark(_packet.Id, meta.ConnectionMark);
    }

    /// <inheritdoc/>
    public readonly bool Confirm(ref PacketMeta meta)
    {
        if (_packet.Id < 0 || _packet.IsReply || StopsBeforeNat)
            return true;
        if (!_table.Confirm(_packet.Id, meta.NowMs))
            return false;
        meta.Status = (ConnectionStatuses)_table.StatusOf(_packet.Id);
        return true;
    }

    /// <inheritdoc/>
    public readonly void Forget()
    {
        if (_packet.Id >= 0)
            _table.Forget(_packet.Id);
    }

    /// <inheritdoc/>
    public readonly bool TryDescribe(in PacketMeta meta, out ConnectionRecord record)
    {
        record = default;
        if (_packet.Id < 0)
            return false;
        _table.Tuples(_packet.Id, out FlowKeyV6 original, out FlowKeyV6 reply);
        bool ipv4 = ConnectionKeys.IsV4(original.Source);
        record.Original = TupleOf(original, ipv4);
        record.Reply = TupleOf(reply, ipv4);
        record.Protocol = original.Protocol;
        record.IsReply = _packet.IsReply;
        record.ExpiresInSeconds = _table.SecondsLeft(_packet.Id, meta.NowMs);
        return true;
    }

    private readonly TrackedPacket Find(ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta)
    {
        if (!info.HasKey || (info.Flags & PacketFlags.Fragment) != 0)
            return new TrackedPacket(TrackedAs.Invalid, -1, false);
        if (_isPrepared && meta.Zone == _key.Zone)
            return _table.TrackPrepared(frame, info, _key, _bucket, meta.NowMs);
        FlowParser.ParseNetwork(frame.Slice(info.L3Offset, (int)info.L3Length), meta.Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
        FlowKeyV6 key = (info.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6;
        TrackedAs state = _table.Track(frame, info, key, meta.NowMs, out int id, out bool reply);
        return new TrackedPacket(state, id, reply);
    }

    private readonly void Tell(ref PacketMeta meta)
    {
        meta.State = _packet.State switch
        {
            TrackedAs.New => ConnectionStates.New,
            TrackedAs.Established => ConnectionStates.Established,
            TrackedAs.Related => ConnectionStates.Related,
            TrackedAs.Untracked => ConnectionStates.Untracked,
            _ => ConnectionStates.Invalid,
        };
        (meta.Status, meta.ConnectionMark) = _packet.Id < 0
            ? (ConnectionStatuses.None, 0)
            : ((ConnectionStatuses)_table.StatusOf(_packet.Id), _table.MarkOf(_packet.Id));
    }

    private static NatChoice ChoiceOf(in NatBinding binding, in NatLatitude latitude, bool ipv4)
    {
        IPv6Address address = binding.HasAddress ? ConnectionKeys.FromWire(ipv4, binding.Address) : default;
        NatPortRange ports = latitude.HasPorts
            ? new NatPortRange(true, latitude.FirstPort, latitude.LastPort, latitude.PortBase.HasValue, latitude.PortBase.GetValueOrDefault())
            : new NatPortRange(binding.HasPort, binding.Port, binding.HighPort);
        bool isRandom = (binding.Flags & (NatFlags.Random | NatFlags.RandomFully)) != 0;
        NatChoice choice = new(binding.HasAddress, address, ports, isRandom);
        if (!latitude.HasAddresses)
            return choice;
        return choice with { Addresses = new NatAddressRange(ConnectionKeys.FromWire(ipv4, latitude.FirstAddress), ConnectionKeys.FromWire(ipv4, latitude.LastAddress)) };
    }

    private static ConnectionTuple TupleOf(in FlowKeyV6 key, bool ipv4)
    {
        ConnectionTuple tuple = ConnectionTuple.From(key);
        return ipv4 ? tuple with { Source = (uint)tuple.Source, Destination = (uint)tuple.Destination } : tuple;
    }
}
