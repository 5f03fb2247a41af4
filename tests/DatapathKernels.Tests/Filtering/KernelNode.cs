using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>
/// The node of the kernel's vectors around a matcher: its addresses and routes, forwarding, and the answers it gives itself
/// (ICMP errors, resets, echo replies), each of which goes out through OUTPUT and POSTROUTING.
/// </summary>
public sealed class KernelNode : IDisposable
{
    private const int Room = 64;

    private static readonly (string Network, string Device)[] Routes =
    [
        ("10.244.0.0/16", "in0"), ("172.18.0.0/16", "out0"), ("10.96.0.0/12", "out0"), ("192.168.0.0/16", "out0"),
        ("fd00:10:244::/48", "in0"), ("fd00:172::/64", "out0"), ("fd00:10:96::/48", "out0"), ("fd00:168::/32", "out0"),
    ];

    private readonly ChainMatcher _matcher;
    private readonly ConntrackTable _table;
    private readonly List<(string Device, byte[] Bytes)> _sent = [];
    private readonly Dictionary<IPAddress, (double Tokens, long At)> _errorBudget = [];
    private readonly bool _tracks;
    private PacketRandom _random = new(1);

    public KernelNode(Func<Ruleset, MatcherOptions?, ChainMatcher> make, Ruleset ruleset, KernelPorts ports)
    {
        Addresses = new NodeAddresses(
            [Host("10.244.255.1"), Host("172.18.0.2"), Host("fd00:10:244:ff::1"), Host("fd00:172::2")],
            [Host("10.244.255.255"), Host("172.18.255.255")]);
        InterfaceAddress[] own = [new("in0", Host("10.244.255.1")), new("out0", Host("172.18.0.2")), new("in0", Host("fd00:10:244:ff::1")), new("out0", Host("fd00:172::2"))];
        _matcher = make(ruleset, new MatcherOptions { Interfaces = ["lo", "in0", "out0"], Addresses = Addresses, InterfaceAddresses = own });
        _table = new ConntrackTable(new ConntrackOptions { Checksum = true, PortDraws = () => (ushort)ports.Next() });
        // The kernel tracks as soon as a rule asks for it.
        _tracks = ruleset.Tables.Any(table => table.Kind == TableKind.Nat || table.Chains.Any(chain => chain.Rules.Any(rule => rule.Matches.Any(match => match is ConntrackMatch))));
    }

    public NodeAddresses Addresses { get; }

    public ChainMatcher Matcher => _matcher;

    public ConntrackTable Connections => _table;

    public void Dispose()
    {
        _matcher.Dispose();
        _table.Dispose();
    }

    /// <summary>What the node sends because of one packet.</summary>
    public IReadOnlyList<(string Device, byte[] Bytes)> Receive(string device, ReadOnlySpan<byte> packet, long nowMs)
    {
        _sent.Clear();
        if (_tracks)
            packet = WithoutAtomicFragment(packet);
        byte[] frame = [.. packet, .. new byte[Room]];
        FlowParser.ParseNetwork(packet, 0, out _, out _, out PacketInfo info);
        PacketMeta meta = new() { NowMs = nowMs, InInterface = _matcher.InterfaceId(device) };
        TrackedConnections connections = new(_table);
        if (!Run(Hook.PreRouting, frame, info, ref meta, ref connections))
            return _sent;
        IPAddress to = AddressOf(frame, source: false);
        if (IsLocal(to))
            Deliver(frame, info, ref meta, ref connections);
        else if (DeviceTo(to) is { } next)
            Forward(next, frame, info, ref meta, ref connections);
        connections.Forget();
        return _sent;
    }

    /// <summary>Connection tracking puts fragments together; what remains of a datagram in one piece is the datagram.</summary>
    private static ReadOnlySpan<byte> WithoutAtomicFragment(ReadOnlySpan<byte> packet)
    {
        if (packet[0] >> 4 != 6)
            return packet;
        int next = 6, at = 40;
        while (at + 8 <= packet.Length && packet[next] is 0 or 43 or 60)
            (next, at) = (at, at + ((packet[at + 1] + 1) * 8));
        if (at + 8 > packet.Length || packet[next] != 44 || (BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]) & 0xfff9) != 0)
            return packet;
        // One that ends before its transport header does is left alone (RFC 8200, 4.5; ipv6frag_thdr_truncated).
        if (packet.Length - at - 8 < packet[at] switch { 6 => 20, 17 => 8, 58 => 1, _ => 0 })
            return packet;
        byte[] whole = [.. packet[..at], .. packet[(at + 8)..]];
        whole[next] = packet[at];
        BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(4), (ushort)(whole.Length - 40));
        return whole;
    }

    private void Forward(string device, byte[] frame, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections)
    {
        bool ipv4 = frame[0] >> 4 == 4;
        if (!HeaderRewriter.TryDecrementHopLimit(frame, info))
        {
            SendError(ipv4 ? (byte)11 : (byte)3, 0, frame, info, meta, connections);
            return;
        }

        meta.OutInterface = _matcher.InterfaceId(device);
        if (!Run(Hook.Forward, frame, info, ref meta, ref connections))
            return;
        meta.InInterface = 0;
        if (Run(Hook.PostRouting, frame, info, ref meta, ref connections))
            _sent.Add((device, frame[..((int)info.L3Length + meta.GrownBytes)]));
    }

    private void Deliver(byte[] frame, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections)
    {
        if (!Run(Hook.Input, frame, info, ref meta, ref connections) || (info.Flags & PacketFlags.Transport) == 0)
            return;
        bool ipv4 = frame[0] >> 4 == 4;
        if (info.Protocol == IpProtocol.Udp && PacketChecksums.VerifyTransport(frame, info) is ChecksumVerdict.Valid or ChecksumVerdict.Absent)
            SendError(ipv4 ? (byte)3 : (byte)1, ipv4 ? (byte)3 : (byte)4, frame, info, meta, connections);
        else if (info.Protocol == IpProtocol.Tcp)
            SendReset(frame, info, meta);
        else if (frame[info.L4Offset] == (ipv4 ? 8 : 128) && info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
            SendEchoReply(frame, info, meta);
    }

    /// <summary>The node's own reset: like that of REJECT, but a packet of its own to conntrack, and with the TOS of what it answers.</summary>
    private void SendReset(byte[] frame, in PacketInfo info, in PacketMeta meta)
    {
        byte[] answer = new byte[RejectBuilder.MaxBytes];
        if (RejectBuilder.TryBuild(RejectKind.TcpReset, frame, info, meta, default, answer, out int length) != RejectStatus.Ok)
            return;
        FlowParser.ParseNetwork(answer.AsSpan(0, length), 0, out _, out _, out PacketInfo made);
        HeaderRewriter.SetTrafficClass(answer, made, HeaderRewriter.TrafficClass(frame, info));
        PacketMeta own = new() { NowMs = meta.NowMs };
        Send(answer.AsSpan(0, length), own, new TrackedConnections(_table));
    }

    private void SendEchoReply(byte[] frame, in PacketInfo info, in PacketMeta meta)
    {
        byte[] answer = frame[..(int)info.L3Length];
        bool ipv4 = frame[0] >> 4 == 4;
        (int source, int bytes) = ipv4 ? (12, 4) : (8, 16);
        frame.AsSpan(source, bytes).CopyTo(answer.AsSpan(source + bytes));
        frame.AsSpan(source + bytes, bytes).CopyTo(answer.AsSpan(source));
        answer[info.L4Offset] = ipv4 ? (byte)0 : (byte)129;
        answer[ipv4 ? 8 : 7] = 64;
        PacketChecksums.Write(answer, info);
        PacketMeta own = new() { NowMs = meta.NowMs };
        Send(answer, own, new TrackedConnections(_table));
    }

    private void SendError(byte type, byte code, byte[] frame, in PacketInfo info, in PacketMeta meta, TrackedConnections connections)
    {
        if (DeviceTo(AddressOf(frame, source: true)) is not { } device || !MaySendError(AddressOf(frame, source: true), meta.NowMs))
            return;
        byte[] answer = new byte[RejectBuilder.MaxBytes];
        int length = IcmpErrorWriter.Write(frame, info, (int)info.L3Length + meta.GrownBytes, type, code, 0, SourceOn(device, frame), answer);
        connections = connections.Answer(meta, out PacketMeta own);
        Send(answer.AsSpan(0, length), own, connections);
    }

    /// <summary>Runs a hook; a rejected packet is answered.</summary>
    private bool Run(Hook hook, byte[] frame, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections)
    {
        _matcher.RunHook(hook, frame, info, ref meta, ref _random, ref connections, out PacketVerdict verdict);
        if (verdict.Kind == VerdictKind.Reject)
        {
            Reject(verdict.Reject, frame, info, meta, connections);
            connections.Forget();
        }

        return verdict.Kind == VerdictKind.Accept;
    }

    private void Reject(RejectKind kind, byte[] frame, in PacketInfo info, in PacketMeta meta, TrackedConnections connections)
    {
        IPAddress from = AddressOf(frame, source: true);
        byte[] answer = new byte[RejectBuilder.MaxBytes];
        if (DeviceTo(from) is not { } device
            || RejectBuilder.TryBuild(kind, frame, info, meta, SourceOn(device, frame), answer, out int length) != RejectStatus.Ok
            || (kind != RejectKind.TcpReset && !MaySendError(from, meta.NowMs)))
        {
            return;
        }

        TrackedConnections attached = connections.Answer(meta, out PacketMeta own);
        if (kind == RejectKind.TcpReset)
            connections.Close(meta);
        Send(answer.AsSpan(0, length), own, attached);
    }

    private void Send(ReadOnlySpan<byte> answer, PacketMeta meta, TrackedConnections connections)
    {
        byte[] frame = [.. answer, .. new byte[Room]];
        FlowParser.ParseNetwork(answer, 0, out _, out _, out PacketInfo info);
        if (DeviceTo(AddressOf(frame, source: false)) is not { } device)
            return;
        meta.OutInterface = _matcher.InterfaceId(device);
        if (Run(Hook.Output, frame, info, ref meta, ref connections) && Run(Hook.PostRouting, frame, info, ref meta, ref connections))
            _sent.Add((device, frame[..((int)info.L3Length + meta.GrownBytes)]));
    }

    /// <summary>Six errors at once to an address, then one a second (<c>icmp_ratelimit</c>).</summary>
    private bool MaySendError(IPAddress to, long nowMs)
    {
        (double tokens, long at) = _errorBudget.GetValueOrDefault(to, (6, nowMs));
        tokens = Math.Min(6, tokens + ((nowMs - at) / 1000.0));
        bool may = tokens >= 1;
        _errorBudget[to] = (may ? tokens - 1 : tokens, nowMs);
        return may;
    }

    private static IPv6Address SourceOn(string device, byte[] frame)
    {
        IPAddress address = IPAddress.Parse((device, frame[0] >> 4) switch
        {
            ("in0", 4) => "10.244.255.1",
            (_, 4) => "172.18.0.2",
            ("in0", _) => "fd00:10:244:ff::1",
            _ => "fd00:172::2",
        });
        byte[] bytes = new byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }

    private static IPAddress AddressOf(byte[] frame, bool source) => frame[0] >> 4 == 4
        ? new IPAddress(frame.AsSpan(source ? 12 : 16, 4))
        : new IPAddress(frame.AsSpan(source ? 8 : 24, 16));

    private bool IsLocal(IPAddress address)
    {
        UInt128 number = IpNetwork.ToNumber(address);
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? Addresses.KindOfV4((uint)number) != AddressTypes.Unicast
            : Addresses.IsLocalV6(number);
    }

    private static string? DeviceTo(IPAddress address) =>
        Array.Find(Routes, route => IPNetwork.Parse(route.Network).Contains(address)).Device;

    private static IpNetwork Host(string address) => IpNetwork.Host(IPAddress.Parse(address));
}
