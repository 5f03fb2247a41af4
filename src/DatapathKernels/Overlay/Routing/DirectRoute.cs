using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Routing without a tunnel, as host gateway modes do: the next hop from a table, new MAC addresses, one hop less (<c>ip_forward</c>,
/// <c>ip6_forward</c>). Nothing of the packet but 12 bytes of Ethernet, the TTL and its checksum changes.
/// </summary>
/// <remarks>Keeps no state of its own: any number of threads may use one while no route changes under them.</remarks>
public sealed class DirectRoute
{
    private const int EthernetBytes = 14;

    private readonly RouteTableV4 _v4;
    private readonly RouteTableV6 _v6;
    private readonly DirectHop[] _nextHops;

    /// <summary>Routes by tables of the caller's, which it keeps and disposes.</summary>
    /// <param name="v4">IPv4 routes; a next hop is an index into <paramref name="nextHops"/>.</param>
    /// <param name="v6">IPv6 routes.</param>
    /// <param name="nextHops">The neighbours.</param>
    public DirectRoute(RouteTableV4 v4, RouteTableV6 v6, ReadOnlySpan<DirectHop> nextHops)
    {
        ArgumentNullException.ThrowIfNull(v4);
        ArgumentNullException.ThrowIfNull(v6);
        (_v4, _v6, _nextHops) = (v4, v6, nextHops.ToArray());
    }

    /// <summary>Routes one frame.</summary>
    /// <param name="frame">An Ethernet frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="port">The port it leaves by, when the result is <see cref="RouteStatus.Ok"/>; else 0.</param>
    /// <returns>The frame is what it was but for Ok.</returns>
    /// <exception cref="ObjectDisposedException">A table was disposed.</exception>
    public RouteStatus Route(Span<byte> frame, in PacketInfo info, out uint port)
    {
        port = 0;
        RouteStatus status = Check(frame, info, out bool v6);
        if (status != RouteStatus.Ok)
            return status;
        ReadOnlySpan<byte> packet = frame[info.L3Offset..];
        uint nextHop;
        bool found = v6 ? _v6.TryLookup(new IPv6Address(packet[24..]), out nextHop) : _v4.TryLookup(MemoryMarshal.Read<uint>(packet[16..]), out nextHop);
        return found ? Forward(frame, info.L3Offset, nextHop, out port) : RouteStatus.NoRoute;
    }

    /// <summary>Routes a burst, the loads of its lookups overlapping: equal to the loop of single calls.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <param name="ports">Receives the ports they leave by, 0 where a frame is not routed.</param>
    /// <returns>A bit for each frame routed.</returns>
    /// <exception cref="ArgumentException">Fewer infos, statuses or ports than frames.</exception>
    /// <exception cref="ObjectDisposedException">A table was disposed.</exception>
    public ulong RouteBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<uint> ports)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count || ports.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info, one status and one port a frame");
        Span<uint> nextHops = stackalloc uint[PacketBurst.MaxCount];
        ulong sound = Look(burst, infos, statuses, nextHops), done = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ports[i] = 0;
            if ((sound & (1UL << i)) == 0)
                continue;
            statuses[i] = nextHops[i] == RouteTable.NoRoute ? RouteStatus.NoRoute : Forward(FrameOf(burst, i), infos[i].L3Offset, nextHops[i], out ports[i]);
            done |= statuses[i] == RouteStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    /// <summary>Checks all frames, gathers the destinations of each family, and looks each family up at once.</summary>
    private ulong Look(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<uint> nextHops)
    {
        Span<uint> v4 = stackalloc uint[PacketBurst.MaxCount], found = stackalloc uint[PacketBurst.MaxCount];
        Span<IPv6Address> v6 = stackalloc IPv6Address[PacketBurst.MaxCount];
        ulong isV4 = 0, isV6 = 0;
        int v4Count = 0, v6Count = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            Span<byte> frame = FrameOf(burst, i);
            statuses[i] = Check(frame, infos[i], out bool six);
            if (statuses[i] != RouteStatus.Ok)
                continue;
            ReadOnlySpan<byte> packet = frame[infos[i].L3Offset..];
            if (six)
                (v6[v6Count++], isV6) = (new IPv6Address(packet[24..]), isV6 | (1UL << i));
            else
                (v4[v4Count++], isV4) = (MemoryMarshal.Read<uint>(packet[16..]), isV4 | (1UL << i));
        }

        _v4.LookupBurst(v4[..v4Count], found);
        Scatter(found, isV4, nextHops);
        _v6.LookupBurst(v6[..v6Count], found);
        Scatter(found, isV6, nextHops);
        return isV4 | isV6;
    }

    private static void Scatter(ReadOnlySpan<uint> found, ulong to, Span<uint> nextHops)
    {
        for (int i = 0; to != 0; to &= to - 1)
            nextHops[System.Numerics.BitOperations.TrailingZeroCount(to)] = found[i++];
    }

    /// <summary>The frame, empty when it does not start with Ethernet's header.</summary>
    private static Span<byte> FrameOf(PacketBurst burst, int index) => burst.Link(index) == LinkType.Ethernet ? burst[index] : default;

    private static RouteStatus Check(ReadOnlySpan<byte> frame, in PacketInfo info, out bool v6)
    {
        v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        if ((info.Flags & (PacketFlags.Ipv4 | PacketFlags.Ipv6)) == 0 || info.L3Offset < EthernetBytes || info.L3Offset + (long)info.L3Length > frame.Length)
            return RouteStatus.NotIp;
        ReadOnlySpan<byte> packet = frame[info.L3Offset..];
        if (v6)
            return IsUnicastV6(packet[8..24]) && IsUnicastV6(packet[24..40]) ? RouteStatus.Ok : RouteStatus.NotUnicast;
        if (!InternetChecksum.IsValid(packet[..((packet[0] & 15) * 4)]))
            return RouteStatus.BadChecksum;
        return IsUnicastV4(packet[12..16]) && IsUnicastV4(packet[16..20]) ? RouteStatus.Ok : RouteStatus.NotUnicast;
    }

    // 0.0.0.0/8 but its first address, 169.254.0.0/16 and 240.0.0.0/4 are routed like any other, as Linux does.
    private static bool IsUnicastV4(ReadOnlySpan<byte> address)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(address);
        return value is not (0 or uint.MaxValue) && value >> 24 != 127 && value >> 28 != 14;
    }

    private static bool IsUnicastV6(ReadOnlySpan<byte> address)
    {
        bool isLinkLocal = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
        return address[0] != 0xff && !isLinkLocal && (address[..15].IndexOfAnyExcept((byte)0) >= 0 || address[15] > 1);
    }

    private RouteStatus Forward(Span<byte> frame, int l3, uint number, out uint port)
    {
        port = 0;
        if (number >= (uint)_nextHops.Length)
            return RouteStatus.NoRoute;
        Span<byte> packet = frame[l3..];
        if (packet[packet[0] >> 4 == 4 ? 8 : 7] <= 1)
            return RouteStatus.HopLimitExceeded;
        ref readonly DirectHop nextHop = ref _nextHops[number];
        HopLimit.Decrement(packet);
        nextHop.Mac.CopyTo(frame);
        nextHop.FromMac.CopyTo(frame[MacAddress.Size..]);
        port = nextHop.Port;
        return RouteStatus.Ok;
    }
}
