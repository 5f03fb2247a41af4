using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Takes IPv4 and IPv6 packets and Ethernet frames out of GRE, with every check Linux makes (<c>gre_rcv</c>, <c>ip_tunnel_rcv</c>).
/// </summary>
/// <remarks>Remembers the last sequence number where it expects any: one thread at a time then.</remarks>
/// <param name="options">What is taken.</param>
public sealed class GreReceiver(GreReceiverOptions options)
{
    /// <summary>The lowest sequence number that is no step back; 0 before the first.</summary>
    private uint _nextSequence;

    /// <summary>Unpacks one frame. What congestion the outer packet met is written into the inner one.</summary>
    /// <param name="frame">The outer frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="inner">Where the payload lies in it, when the result is <see cref="DecapStatus.Ok"/>.</param>
    /// <param name="fields">What the header says; the payload is an Ethernet frame when its protocol is <see cref="GreHeader.Ethernet"/>.</param>
    public DecapStatus TryUnpack(Span<byte> frame, in PacketInfo info, out Range inner, out GreFields fields)
    {
        (inner, fields) = (default, default);
        DecapStatus status = OuterPacket.Check(frame, info, IpProtocol.Gre, IpProtocol.Gre, options.LocalV4, options.LocalV6);
        if (status != DecapStatus.Ok)
            return status;
        int end = info.L3Offset + (int)info.L3Length;
        Span<byte> bytes = frame[info.L4Offset..end];
        status = GreHeader.TryRead(bytes, out fields);
        if (status == DecapStatus.Ok)
            status = CheckFields(bytes, fields);
        if (status == DecapStatus.Ok)
            status = CheckPayload(bytes[fields.Bytes..], fields.Protocol);
        if (status != DecapStatus.Ok)
            return status;
        Span<byte> payload = bytes[fields.Bytes..];
        byte outer = Ecn.DsField(frame[info.L3Offset..]);
        if (fields.Protocol == GreHeader.Ethernet ? !UdpTunnelReceiver.TakeOverCongestion(payload, outer) : !OuterPacket.TakeOverCongestion(payload, outer))
            return DecapStatus.EcnDrop;
        inner = (info.L4Offset + fields.Bytes)..end;
        return DecapStatus.Ok;
    }

    /// <summary>Unpacks a frame where it lies: it becomes the inner frame, or the inner packet with the outer frame's Ethernet addresses.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public DecapStatus Unpack(PacketArena arena, int index, in PacketInfo info)
    {
        ArgumentNullException.ThrowIfNull(arena);
        DecapStatus status = TryUnpack(arena.Frame(index), info, out Range inner, out GreFields fields);
        if (status != DecapStatus.Ok)
            return status;
        return fields.Protocol == GreHeader.Ethernet ? TunnelRoom.ExposeFrame(arena, index, inner) : TunnelRoom.Expose(arena, index, inner);
    }

    /// <summary>The same for a burst: equal to the loop of single calls.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <returns>A bit for each frame unpacked.</returns>
    /// <exception cref="ArgumentException">Fewer infos or statuses than frames.</exception>
    public ulong UnpackBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<DecapStatus> statuses)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info and one status a frame");
        ulong done = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            statuses[i] = Unpack(burst.Arena, burst.First + i, infos[i]);
            done |= statuses[i] == DecapStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    private DecapStatus CheckFields(ReadOnlySpan<byte> bytes, in GreFields fields)
    {
        if (fields.HasChecksum && !InternetChecksum.IsValid(bytes))
            return DecapStatus.BadTunnelChecksum;
        if (!options.AcceptsAnyKey && fields.Key != options.Key)
            return DecapStatus.UnknownKey;
        if (options.ExpectsChecksum is { } expected && expected != fields.HasChecksum)
            return DecapStatus.BadTunnelChecksum;
        return options.ExpectsSequence ? CheckSequence(fields.Sequence) : DecapStatus.Ok;
    }

    // Numbers wrap around: half of them count as older, half as newer.
    private DecapStatus CheckSequence(uint? sequence)
    {
        if (sequence is not { } number || (_nextSequence != 0 && (int)(number - _nextSequence) < 0))
            return DecapStatus.OutOfSequence;
        _nextSequence = number + 1;
        return DecapStatus.Ok;
    }

    private static DecapStatus CheckPayload(ReadOnlySpan<byte> payload, ushort protocol) => protocol switch
    {
        Ipv4Header.EtherType => OuterPacket.CheckInner(payload, 4),
        Ipv6Header.EtherType => OuterPacket.CheckInner(payload, 6),
        GreHeader.Ethernet => OuterPacket.CheckInnerFrame(payload),
        _ => DecapStatus.UnknownProtocol,
    };
}
