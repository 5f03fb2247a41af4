using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Takes IP packets out of IP packets (protocols 4 and 41, whatever the outer family; <c>ip_tunnel_rcv</c>, <c>ip6_tnl_rcv</c>), or out
/// of GUE, and hands them over as a part of the outer frame. Keeps no state: any number of threads may use one.
/// </summary>
/// <param name="options">What is taken.</param>
public sealed class IpTunnelReceiver(IpTunnelReceiverOptions options)
{
    /// <summary>Unpacks one frame. What congestion the outer packet met is written into the inner one.</summary>
    /// <param name="frame">The outer frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="inner">Where the inner packet lies in it, when the result is <see cref="DecapStatus.Ok"/>.</param>
    public DecapStatus TryUnpack(Span<byte> frame, in PacketInfo info, out Range inner)
    {
        inner = default;
        DecapStatus status = options.GuePort is { } port
            ? FindGue(frame, info, port, out IpProtocol protocol, out int start, out int end)
            : FindPacket(frame, info, out protocol, out start, out end);
        if (status != DecapStatus.Ok)
            return status;
        Span<byte> packet = frame[start..end];
        status = OuterPacket.CheckInner(packet, protocol == IpProtocol.Ipv4 ? 4 : 6);
        if (status != DecapStatus.Ok)
            return status;
        if (options.DecrementsHopLimit && packet[packet[0] >> 4 == 4 ? 8 : 7] <= 1)
            return DecapStatus.HopLimitExceeded;
        if (!options.IgnoresCongestion && !OuterPacket.TakeOverCongestion(packet, Ecn.DsField(frame[info.L3Offset..])))
            return DecapStatus.EcnDrop;
        if (options.DecrementsHopLimit)
            HopLimit.Decrement(ref MemoryMarshal.GetReference(packet));
        inner = start..end;
        return DecapStatus.Ok;
    }

    /// <summary>Unpacks a frame where it lies: it becomes the inner packet, with the outer frame's Ethernet addresses.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public DecapStatus Unpack(PacketArena arena, int index, in PacketInfo info)
    {
        ArgumentNullException.ThrowIfNull(arena);
        DecapStatus status = TryUnpack(arena.Frame(index), info, out Range inner);
        return status == DecapStatus.Ok ? TunnelRoom.Expose(arena, index, inner) : status;
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

    private DecapStatus FindPacket(ReadOnlySpan<byte> frame, in PacketInfo info, out IpProtocol protocol, out int start, out int end)
    {
        (protocol, start, end) = (info.Protocol, info.L4Offset, info.L3Offset + (int)info.L3Length);
        return OuterPacket.Check(frame, info, IpProtocol.Ipv4, IpProtocol.Ipv6, options.LocalV4, options.LocalV6);
    }

    private DecapStatus FindGue(ReadOnlySpan<byte> frame, in PacketInfo info, ushort port, out IpProtocol protocol, out int start, out int end)
    {
        (protocol, start, end) = (default, 0, 0);
        DecapStatus status = OuterPacket.Check(frame, info, IpProtocol.Udp, IpProtocol.Udp, options.LocalV4, options.LocalV6);
        if (status == DecapStatus.Ok)
            status = OuterPacket.CheckUdp(frame, info, port, options.IgnoresUdpChecksum, options.AcceptsZeroChecksum, out start, out end);
        if (status != DecapStatus.Ok)
            return status;
        status = GueHeader.TryRead(frame[start..end], out protocol, out int header);
        start += header;
        return status;
    }
}
