using System.Numerics;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>What every node does alike: tunnels, routes, MAC addresses, and its own answers.</content>
public abstract partial class Datapath
{
    private readonly byte[] _answer = new byte[TooBigBuilder.MaxBytes + 256];
    private ushort _tunnelId;

    /// <summary>Takes the packets addressed to the node's tunnel out of it, in place.</summary>
    /// <returns>Those unpacked, and those refused.</returns>
    private (ulong Unpacked, ulong Refused) Unpack(in PacketBurst burst, ulong packets)
    {
        (ulong unpacked, ulong refused) = (0, 0);
        for (; packets != 0; packets &= packets - 1)
        {
            int i = BitOperations.TrailingZeroCount(packets);
            ushort port = (Infos[i].Flags & PacketFlags.Ipv4) != 0 ? KeysV4[i].DestinationPort : Keys[i].DestinationPort;
            if (Infos[i].Protocol != IpProtocol.Udp || port != Network.Receiver!.Port)
                continue;
            DecapStatus status = Network.Receiver.TryUnpack(burst[i], Infos[i], out Range inner, out _, out _);
            if (status == DecapStatus.NotOurs)
                continue;
            if (IsTraced)
                TellUnpacked(status);
            if (status != DecapStatus.Ok)
            {
                refused |= 1UL << i;
                continue;
            }

            (int start, int length) = inner.GetOffsetAndLength(burst[i].Length);
            burst.Arena.TryPull(burst.First + i, start);
            burst.Arena.TryResize(burst.First + i, length);
            FlowParser.Parse(burst[i], out KeysV4[i], out Keys[i], out Infos[i]);
            unpacked |= 1UL << i;
        }

        return (unpacked, refused);
    }

    /// <summary>
    /// Where a packet goes that is not the node's own: the TTL is lowered, and the length held against the way's MTU. When it does not go on, the fate says why.
    /// </summary>
    private protected bool TryForward(in PacketBurst burst, int index, in PacketInfo info, int hop, out PacketFate fate)
    {
        fate = default;
        Span<byte> frame = burst[index];
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        if (!HeaderRewriter.TryDecrementHopLimit(frame, info))
        {
            fate = AnswerError(burst, index, info, DropReason.TtlExceeded, ipv4 ? (byte)11 : (byte)3, 0, 0);
            return false;
        }

        RouteTarget next = Network.HopOf(hop);
        int mtu = Network.Mtu - (next.Tunnel?.OverheadBytes ?? 0);
        if (info.L3Length <= mtu)
            return true;
        bool mayFragment = ipv4 && (frame[info.L3Offset + 6] & 0x40) == 0;

        // The kernel holds the length against the MTU before it lowers the TTL: what it quotes has the old one.
        HeaderRewriter.SetHopLimit(frame, info, (byte)(HeaderRewriter.HopLimit(frame, info) + 1));
        fate = mayFragment ? PacketFate.Drop(DropReason.NeedsFragmentation)
            : AnswerError(burst, index, info, DropReason.TooBig, ipv4 ? (byte)3 : (byte)2, ipv4 ? (byte)4 : (byte)0, (uint)mtu);
        return false;
    }

    /// <summary>Sends a packet to its next hop: MAC addresses are written, and outer headers where it goes through a tunnel.</summary>
    private protected PacketFate Emit(in PacketBurst burst, int index, in FlowKeyV6 key, int hop, DropReason reason = DropReason.None)
    {
        RouteTarget next = Network.HopOf(hop);
        if (IsTraced)
            TellRoute(next);
        if (next.Kind == RouteTargetKind.Host)
            return new PacketFate(FateKind.Delivered, reason, hop);
        Span<byte> frame = burst[index];
        next.Mac.CopyTo(frame);
        Network.Mac.CopyTo(frame[6..]);
        FateKind kind = reason != DropReason.None ? FateKind.Answered : next.Kind == RouteTargetKind.Pod ? FateKind.Delivered : FateKind.Forwarded;
        PacketFate fate = new(kind, reason, hop);
        return next.Tunnel is null ? fate : Wrap(burst, index, fate, new Outer(ConnectionKeys.IsV4(key) ? HashOf(ConnectionKeys.ToV4(key)) : (uint)FlowKeyV6.Hash(key, 0) | 1, _tunnelId++));
    }

    /// <summary>What tells flows apart outside.</summary>
    private protected static uint HashOf(in FlowKeyV4 key) => (uint)FlowKeyV4.Hash(key, 0) | 1;

    /// <summary>Puts a packet into the tunnel of the next hop that its fate names.</summary>
    private protected PacketFate Wrap(in PacketBurst burst, int index, PacketFate fate, Outer outer)
    {
        UdpTunnel tunnel = Network.TunnelOf(fate.NextHop);
        if (!burst.Arena.TryPush(burst.First + index, tunnel.HeaderBytes) || !tunnel.TryWrite(burst[index], outer.FlowHash, outer.Id))
            return PacketFate.Drop(DropReason.NoRoom);
        if (IsTraced)
            TellPacked(tunnel.HeaderBytes);
        return fate;
    }

    /// <summary>
    /// True where the node's own errors bear the name of whom the packet was sent to, once it goes elsewhere: connection tracking translates them like any other
    /// error about the connection (<c>nf_nat_icmp_reply_translation</c>).
    /// </summary>
    private protected virtual bool AnswersInTheNameAsked => false;

    /// <summary>Answers a packet with an ICMP error of the node's, unless it is one itself or none may be sent about it.</summary>
    private protected PacketFate AnswerError(in PacketBurst burst, int index, in PacketInfo info, DropReason reason, byte type, byte code, uint rest)
    {
        if (IsError(burst[index], info))
            return PacketFate.Drop(reason);
        IPv6Address own = Restore(burst[index], info, Keys[index]);
        if (own == default)
            return PacketFate.Drop(reason);
        int length = IcmpErrorWriter.Write(burst[index], info, (int)info.L3Length, type, code, rest, own, _answer);
        return Answer(burst, index, info, _answer.AsSpan(0, length), reason);
    }

    /// <summary>Answers a packet as a REJECT rule says.</summary>
    private protected PacketFate Reject(in PacketBurst burst, int index, in PacketInfo info, RejectKind kind, in PacketMeta meta, DropReason reason)
    {
        IPv6Address own = Restore(burst[index], info, Keys[index]);
        return RejectBuilder.TryBuild(kind, burst[index], info, meta, own, _answer, out int length) == RejectStatus.Ok
            ? Answer(burst, index, info, _answer.AsSpan(0, length), reason)
            : PacketFate.Drop(reason);
    }

    /// <summary>
    /// Gives a packet the addresses and ports back with which it came. Its sender knows it by no others: an error that quotes the backend of a service says nothing to
    /// who asked the service, and a path MTU told so is never learnt.
    /// </summary>
    /// <returns>Whose name an error about it bears, as on the wire; zero where the node has no address of the family.</returns>
    private IPv6Address Restore(Span<byte> frame, in PacketInfo info, in FlowKeyV6 arrived)
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        IPv6Address own = ConnectionKeys.Wire(ipv4, ipv4 ? Network.AddressV4 : Network.AddressV6);
        FlowParser.ParseNetwork(frame.Slice(info.L3Offset, (int)info.L3Length), 0, out FlowKeyV4 v4, out FlowKeyV6 now, out _);
        now = ipv4 ? ConntrackTable.KeyOf(v4) : now;
        if (now.Equals(arrived))
            return own;
        IPv6Address source = ConnectionKeys.Wire(ipv4, arrived.Source), destination = ConnectionKeys.Wire(ipv4, arrived.Destination);

        // An ICMP message has its identifier on both sides: what a key holds as its other port is the type.
        ushort portBe = info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? arrived.SourcePortBe : arrived.DestinationPortBe;
        if (ipv4)
        {
            AddressRewriter.SetSource(frame, info, IPv6Address.FirstWord(source), arrived.SourcePortBe);
            AddressRewriter.SetDestination(frame, info, IPv6Address.FirstWord(destination), portBe);
        }
        else
        {
            AddressRewriter.SetSource(frame, info, source, arrived.SourcePortBe);
            AddressRewriter.SetDestination(frame, info, destination, portBe);
        }

        return AnswersInTheNameAsked && now.Destination != arrived.Destination ? destination : own;
    }

    /// <summary>Puts an answer, from its IP header on, in the place of the packet, and sends it where its destination is.</summary>
    private protected PacketFate Answer(in PacketBurst burst, int index, in PacketInfo info, ReadOnlySpan<byte> answer, DropReason reason)
    {
        if (IsTraced)
            TellAnswer(answer.Length, reason);
        int place = burst.First + index;
        if (answer.IsEmpty || !burst.Arena.TryResize(place, info.L3Offset + answer.Length))
            return PacketFate.Drop(answer.IsEmpty ? reason : DropReason.NoRoom);
        Span<byte> frame = burst[index];
        answer.CopyTo(frame[info.L3Offset..]);
        FlowParser.Parse(frame, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo own);
        int hop = Network.Route(frame, own);
        return hop < 0 ? PacketFate.Drop(reason) : Emit(burst, index, (own.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6, hop, reason);
    }

    private protected static bool IsError(ReadOnlySpan<byte> frame, in PacketInfo info) => info.Protocol switch
    {
        IpProtocol.Icmp => QuotedPacketParser.IsIcmpError(frame[info.L4Offset]),
        IpProtocol.IcmpV6 => QuotedPacketParser.IsIcmpV6Error(frame[info.L4Offset]),
        _ => false,
    };
}
