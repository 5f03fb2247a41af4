using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>A packet on its way through: <c>nf_conntrack_in</c> and <c>nf_conntrack_confirm</c>.</content>
public sealed partial class ConntrackTable
{
    private const byte LastKnownIcmpType = 18;
    private const uint StreamAfterMs = 2000;

    // Lifetimes are compared by difference, modulo 2^32 milliseconds.
    private const int LongestSeconds = int.MaxValue / 1000;

    /// <summary>Finds or makes the connection of a packet, and follows it.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key, IPv4 by <see cref="KeyOf(in FlowKeyV4)"/>.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="id">
    /// The connection's number, -1 for none. A new one's is to be given to <see cref="Confirm"/> or to <see cref="Forget"/>. One that ended with this packet can
    /// still be read and translated by until the next is tracked.
    /// </param>
    /// <param name="reply">True when the packet goes from the answering side to the opener.</param>
    /// <returns>What the packet is.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public TrackedAs Track(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, long nowMs, out int id, out bool reply)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (nowMs != _passedMs)
            PassTime(nowMs);
        uint hash = HashOf(key);
        int link = _index.First(hash);
        if (!TryTrackData(frame, info, key, link, (uint)nowMs))
            return TrackAt(frame, info, key, hash, nowMs, out id, out reply);
        (id, reply) = (link >> 1, (link & 1) != 0);
        return TrackedAs.Established;
    }

    /// <summary>The key of an IPv4 packet in the form the table takes.</summary>
    public static FlowKeyV6 KeyOf(in FlowKeyV4 key) => ConnectionKeys.Of(key);

    // Not a part of its callers: the usual segment does not come here, and would pay for clearing all of its locals.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TrackedAs TrackAt(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint hash, long nowMs, out int id, out bool reply)
    {
        (id, reply, _nowMs) = (-1, false, nowMs);
        if ((info.Flags & PacketFlags.NonFirstFragment) != 0)
            return TrackedAs.Untracked;
        if (!info.HasKey)
            return (info.Flags & (PacketFlags.Ipv4 | PacketFlags.Ipv6)) != 0 ? Refuse() : TrackedAs.Untracked;
        if (IsMapped(info, key))
            return Refuse();
        if (_options.Checksum && PacketChecksums.VerifyTransport(frame, info) is ChecksumVerdict.Invalid or ChecksumVerdict.IllegalZero)
            return Refuse();
        bool transport = (info.Flags & PacketFlags.Transport) != 0;
        ReadOnlySpan<byte> segment = transport ? frame.Slice(info.L4Offset, (int)info.L4Length) : default;
        if (key.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            TrackedAs error = TrackError(frame, info, segment, key, (uint)nowMs, out id, out reply);
            if (error != TrackedAs.New)
                return error == TrackedAs.Invalid ? Refuse() : error;
        }

        if (!IsSound(key.Protocol, segment, frame, info))
            return Refuse();
        return Follow(segment, info, key, hash, (uint)nowMs, ref id, ref reply);
    }

    /// <summary>The packet of a new connection was dropped: so is the connection.</summary>
    public void Forget(int id)
    {
        if (!_store[id].Has(ConntrackStatus.Confirmed | ConntrackStatus.Dying))
            Remove(id);
    }

    /// <summary>The node answered a packet of a TCP connection with a reset: the connection is closed, and soon forgotten (<c>nf_ct_set_closing</c>).</summary>
    public void Close(int id, long nowMs)
    {
        ref Connection connection = ref _store[id];
        if (connection.Protocol != IpProtocol.Tcp)
            return;
        if (IsLru)
            connection.Tracker.Cilium.OriginalClosing = connection.Tracker.Cilium.ReplyClosing = true;
        else
            connection.Tracker.Tcp.State = TcpState.Close;
        int seconds = IsLru ? _options.Cilium.TcpCloseTimeout : _options.Tcp.Timeouts[(int)TcpState.Close];
        connection.ExpiresMs = (uint)nowMs + Lifetime(seconds);
    }

    /// <summary>A timeout in milliseconds; more than 24 days are 24 days.</summary>
    internal static uint Lifetime(int seconds) => (uint)Math.Clamp(seconds, 0, LongestSeconds) * 1000;

    private bool IsSound(IpProtocol protocol, ReadOnlySpan<byte> segment, ReadOnlySpan<byte> frame, in PacketInfo info) => protocol switch
    {
        IpProtocol.Tcp => IsLru ? CiliumTracker.IsSound(segment) : TcpTracker.IsSound(segment),
        IpProtocol.Sctp => IsLru || SctpTracker.IsSound(segment),
        IpProtocol.UdpLite => IsSummed(segment),
        IpProtocol.Gre => IsSoundGre(frame.Slice(info.L4Offset, (int)info.L4Length)),
        _ => true,
    };

    /// <summary>UDP-Lite always has a checksum (<c>udplite_error</c>). What is not there of a fragment's segment is not asked for.</summary>
    private static bool IsSummed(ReadOnlySpan<byte> segment) => segment.Length < 8 || (segment[6] | segment[7]) != 0;

    /// <summary>PPTP's GRE (version 1) carries PPP and nothing else.</summary>
    private static bool IsSoundGre(ReadOnlySpan<byte> header) => header.Length >= 4 && ((header[1] & 7) != 1 || (header[2] == 0x88 && header[3] == 0x0b));

    /// <summary>
    /// True for an IPv6 packet with the source <c>::ffff:a.b.c.d</c>. Linux drops it where it comes in (<c>ip6_rcv_core</c>); here it is invalid, as its tuple would be that
    /// of an IPv4 packet.
    /// </summary>
    private static bool IsMapped(in PacketInfo info, in FlowKeyV6 key) => (info.Flags & PacketFlags.Ipv4) == 0 && ConnectionKeys.IsV4(key.Source);

    private TrackedAs Refuse()
    {
        Invalid++;
        return TrackedAs.Invalid;
    }

    private TrackedAs Follow(ReadOnlySpan<byte> segment, in PacketInfo info, in FlowKeyV6 key, uint hash, uint nowMs, ref int id, ref bool reply)
    {
        int link = Find(key, hash, nowMs);
        FollowAnswer answer = FollowAnswer.Reopen;
        if (link != TupleIndex.End)
        {
            (id, reply) = (link >> 1, (link & 1) != 0);
            answer = FollowOne(id, reply, segment, nowMs);
            if (answer == FollowAnswer.Reopen)
                Remove(id);
        }

        if (answer == FollowAnswer.Reopen)
        {
            reply = false;
            if (!TryMake(key, segment, hash, nowMs, out id, out bool full))
                return full ? TrackedAs.TableFull : Refuse();
            answer = FollowOne(id, false, segment, nowMs);
            if (answer == FollowAnswer.Invalid)
                Remove(id);
        }

        if (answer == FollowAnswer.Invalid)
        {
            (id, reply) = (-1, false);
            return Refuse();
        }

        if (answer != FollowAnswer.Untouched)
            _extras.Count(id, reply, info.L3Length);
        ref Connection connection = ref _store[id];
        if (answer == FollowAnswer.Renewed)
        {
            connection.Status &= ~ConntrackStatus.SeenReply;
            return TrackedAs.New;
        }

        bool answered = reply || connection.Has(ConntrackStatus.SeenReply);
        connection.Status |= reply ? ConntrackStatus.SeenReply : 0;
        if (answer == FollowAnswer.Gone)
            Remove(id);

        return answered ? TrackedAs.Established : TrackedAs.New;
    }

    private bool TryMake(in FlowKeyV6 key, ReadOnlySpan<byte> segment, uint hash, uint nowMs, out int id, out bool full)
    {
        (id, full) = (-1, false);
        if (!TryStart(key, segment, out ProtocolState state) || !ConnectionKeys.TryInvert(key, out FlowKeyV6 inverse))
            return false;
        uint bucket = _index.BucketOf(hash);
        if (_options.UsesKernelHash || (Count >= _room && _options.Eviction is EvictionPolicy.Linux or EvictionPolicy.DropNew))
            Sweep(bucket, nowMs);
        full = Count >= _room && !TryMakeRoom(bucket, nowMs);
        if (full)
        {
            DroppedFull++;
            _pressed = _options.Eviction == EvictionPolicy.Linux ? _store.HighMark : 0;
            return false;
        }

        id = Place(key, inverse, hash);
        ref Connection connection = ref _store[id];
        // Not as a tuple, which would copy the state twice.
        connection.Tracker = state;
        (connection.CreatedMs, connection.ExpiresMs) = (nowMs, nowMs);
        return true;
    }

    /// <summary>False for a packet that opens no connection of its protocol.</summary>
    private bool TryStart(in FlowKeyV6 key, ReadOnlySpan<byte> segment, out ProtocolState state)
    {
        state = default;
        return key.Protocol switch
        {
            IpProtocol.Icmp or IpProtocol.IcmpV6 => ConnectionKeys.IsRequest(key),
            _ when IsLru => true,
            IpProtocol.Tcp => TcpTracker.TryStart(out state.Tcp, segment, _options.Tcp),
            IpProtocol.Sctp => SctpTracker.TryStart(out state.Sctp, segment),
            _ => true,
        };
    }

    private FollowAnswer FollowOne(int id, bool reply, ReadOnlySpan<byte> segment, uint nowMs)
    {
        ref Connection connection = ref _store[id];
        FollowAnswer answer = IsLru
            ? FollowByUse(ref connection, reply, segment, nowMs, out int seconds)
            : FollowByProtocol(ref connection, reply, segment, nowMs, out seconds);
        if (answer is FollowAnswer.Accepted or FollowAnswer.Renewed && !connection.Has(ConntrackStatus.FixedTimeout))
            connection.ExpiresMs = nowMs + Lifetime(seconds);
        return answer;
    }

    private FollowAnswer FollowByProtocol(ref Connection connection, bool reply, ReadOnlySpan<byte> segment, uint nowMs, out int seconds)
    {
        bool seenReply = connection.Has(ConntrackStatus.SeenReply), assured = connection.Has(ConntrackStatus.Assured);
        FollowAnswer answer = FollowAnswer.Accepted;
        switch (connection.Protocol)
        {
            case IpProtocol.Tcp:
                answer = TcpTracker.Follow(ref connection.Tracker.Tcp, reply, seenReply, ref assured, segment, _options.Tcp, out seconds);
                break;
            case IpProtocol.Sctp:
                answer = SctpTracker.Follow(ref connection.Tracker.Sctp, reply, ref assured, segment, _options.Sctp, out seconds);
                break;
            case IpProtocol.Udp or IpProtocol.UdpLite:
                assured |= seenReply && nowMs - connection.CreatedMs > StreamAfterMs && !connection.Has(ConntrackStatus.NatClash);
                seconds = seenReply && nowMs - connection.CreatedMs > StreamAfterMs ? _options.UdpStreamTimeout : _options.UdpTimeout;
                break;
            case IpProtocol.Gre:
                assured |= seenReply;
                seconds = seenReply ? _options.GreStreamTimeout : _options.GreTimeout;
                break;
            default:
                seconds = connection.Protocol switch { IpProtocol.Icmp => _options.IcmpTimeout, IpProtocol.IcmpV6 => _options.IcmpV6Timeout, _ => _options.GenericTimeout };
                break;
        }

        connection.Status |= assured ? ConntrackStatus.Assured : 0;
        return answer;
    }

    /// <summary>Cilium's way: a connection is what was used lately.</summary>
    private FollowAnswer FollowByUse(ref Connection connection, bool reply, ReadOnlySpan<byte> segment, uint nowMs, out int seconds)
    {
        connection.Tracker.UsedMs = nowMs;
        seconds = _options.Cilium.AnyTimeout;
        if (connection.Protocol != IpProtocol.Tcp)
            return FollowAnswer.Accepted;
        if (connection.Has(ConntrackStatus.Confirmed))
            return CiliumTracker.Follow(ref connection.Tracker.Cilium, reply, segment, _options.Cilium, out seconds);
        connection.Tracker.Cilium = CiliumTracker.Start(_options.Cilium, out seconds);
        return FollowAnswer.Accepted;
    }

    /// <summary>
    /// <see cref="TrackedAs.New"/> for a message that is no error and is tracked as such. An error is about the connection of the quoted packet, and goes to where that came from; it does
    /// not keep it alive.
    /// </summary>
    private TrackedAs TrackError(ReadOnlySpan<byte> frame, in PacketInfo info, ReadOnlySpan<byte> message, in FlowKeyV6 key, uint nowMs, out int id, out bool reply)
    {
        (id, reply) = (-1, false);
        if (message.IsEmpty)
            return TrackedAs.Invalid;
        bool ipv4 = key.Protocol == IpProtocol.Icmp;
        byte type = message[0];
        if (!ipv4 && type is >= 130 and <= 136 or 143)
            return TrackedAs.Untracked;
        if (ipv4 && type > LastKnownIcmpType)
            return TrackedAs.Invalid;
        if (ipv4 ? !QuotedPacketParser.IsIcmpError(type) : !QuotedPacketParser.IsIcmpV6Error(type))
            return TrackedAs.New;
        QuotedPacketParser.Parse(frame, info, key.Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey || (quoted.Flags & PacketFlags.NonFirstFragment) != 0)
            return TrackedAs.Invalid;
        FlowKeyV6 inner = (quoted.Flags & PacketFlags.Ipv4) != 0 ? ConnectionKeys.Of(v4) : v6;
        if (IsMapped(quoted, inner) || !ConnectionKeys.TryInvert(inner, out FlowKeyV6 answer))
            return TrackedAs.Invalid;
        int link = Find(answer, nowMs);
        if (link == TupleIndex.End || answer.Destination != key.Destination)
            return TrackedAs.Invalid;
        (id, reply) = (link >> 1, (link & 1) != 0);
        return TrackedAs.Related;
    }
}
