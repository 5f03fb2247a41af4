using System.Runtime.CompilerServices;
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
public sealed unsafe partial class DirectRoute
{
    private const int EthernetBytes = 14;

    private readonly RouteTableV4 _v4;
    private readonly RouteTableV6 _v6;
    private readonly HopWords[] _nextHops;

    /// <summary>Routes by tables of the caller's, which it keeps and disposes.</summary>
    /// <param name="v4">IPv4 routes; a next hop is an index into <paramref name="nextHops"/>.</param>
    /// <param name="v6">IPv6 routes.</param>
    /// <param name="nextHops">The neighbours.</param>
    public DirectRoute(RouteTableV4 v4, RouteTableV6 v6, ReadOnlySpan<DirectHop> nextHops)
    {
        ArgumentNullException.ThrowIfNull(v4);
        ArgumentNullException.ThrowIfNull(v6);
        (_v4, _v6, _nextHops) = (v4, v6, new HopWords[nextHops.Length]);
        for (int i = 0; i < nextHops.Length; i++)
            _nextHops[i] = new HopWords(nextHops[i]);
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
        return found ? Forward(ref MemoryMarshal.GetReference(frame), info.L3Offset, nextHop, ref port) : RouteStatus.NoRoute;
    }

    /// <summary>Routes a burst, the loads of its lookups overlapping: equal to the loop of single calls.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <param name="ports">Receives the ports they leave by, 0 where a frame is not routed.</param>
    /// <returns>A bit for each frame routed.</returns>
    /// <exception cref="ArgumentException">Fewer infos, statuses or ports than frames.</exception>
    /// <exception cref="ObjectDisposedException">A table was disposed.</exception>
    [SkipLocalsInit]
    public ulong RouteBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<uint> ports)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count || ports.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info, one status and one port a frame");
        if (burst.Count == 0)
            return 0;
        statuses[..burst.Count].Clear();
        ports[..burst.Count].Clear();
        ulong done = 0, plain = FrameLanes.IsSupported ? RoutePlain(burst, infos, statuses, ports, out done) : 0;
        return plain == burst.All ? done : done | RouteRest(burst, burst.All & ~plain, infos, statuses, ports);
    }

    /// <summary>Routes some frames of a burst, whatever they are.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong RouteRest(PacketBurst burst, ulong which, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<uint> ports)
    {
        Span<nuint> frames = stackalloc nuint[PacketBurst.MaxCount];
        Span<uint> nextHops = stackalloc uint[PacketBurst.MaxCount];
        ulong done = 0;
        for (ulong left = Look(burst, which, infos, statuses, frames, nextHops); left != 0; left &= left - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(left);
            RouteStatus status = Forward(ref *(byte*)frames[i], infos[i].L3Offset, nextHops[i], ref ports[i]);
            statuses[i] = status;
            done |= status == RouteStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    /// <summary>Checks frames and looks each family up at once. Every frame has a place among IPv4's destinations, 0 where it has none.</summary>
    /// <returns>A bit for each that is sound.</returns>
    [SkipLocalsInit]
    private ulong Look(PacketBurst burst, ulong which, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<nuint> frames, Span<uint> nextHops)
    {
        Span<uint> v4 = stackalloc uint[PacketBurst.MaxCount];
        v4.Clear();
        FrameSlot* slots = burst.Arena.Slots(burst.First, burst.Count);
        burst.Arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        ulong isV4 = 0, isV6 = 0;
        for (; which != 0; which &= which - 1)
        {
            // A frame that does not start with Ethernet's header is taken for empty.
            int i = System.Numerics.BitOperations.TrailingZeroCount(which);
            FrameSlot* slot = slots + i;
            byte* start = memory + (nuint)(uint)i * stride + slot->Start;
            ReadOnlySpan<byte> frame = new(start, slot->Link == LinkType.Ethernet ? (int)slot->Length : 0);
            frames[i] = (nuint)start;
            RouteStatus status = Check(frame, infos[i], out bool six);
            statuses[i] = status;
            if (status != RouteStatus.Ok)
                continue;
            isV6 |= six ? 1UL << i : 0;
            if (six)
                continue;
            isV4 |= 1UL << i;
            // SAFE: the check found a fixed header.
            v4[i] = Unsafe.ReadUnaligned<uint>(start + infos[i].L3Offset + 16);
        }

        if (isV4 != 0)
            _v4.LookupBurst(v4[..burst.Count], nextHops);
        if (isV6 != 0)
            LookV6(frames, infos, isV6, nextHops);
        return isV4 | isV6;
    }

    [SkipLocalsInit]
    private void LookV6(ReadOnlySpan<nuint> frames, ReadOnlySpan<PacketInfo> infos, ulong which, Span<uint> nextHops)
    {
        Span<uint> found = stackalloc uint[PacketBurst.MaxCount];
        Span<IPv6Address> v6 = stackalloc IPv6Address[PacketBurst.MaxCount];
        int count = 0;
        for (ulong left = which; left != 0; left &= left - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(left);
            // SAFE: the check found a fixed header.
            v6[count++] = Unsafe.ReadUnaligned<IPv6Address>((byte*)frames[i] + infos[i].L3Offset + 24);
        }

        _v6.LookupBurst(v6[..count], found);
        Scatter(found, which, nextHops);
    }

    private static void Scatter(ReadOnlySpan<uint> found, ulong to, Span<uint> nextHops)
    {
        for (int i = 0; to != 0; to &= to - 1)
            nextHops[System.Numerics.BitOperations.TrailingZeroCount(to)] = found[i++];
    }

    private static RouteStatus Check(ReadOnlySpan<byte> frame, in PacketInfo info, out bool v6)
    {
        v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        if ((info.Flags & (PacketFlags.Ipv4 | PacketFlags.Ipv6)) == 0 || info.L3Offset < EthernetBytes || info.L3Offset + (long)info.L3Length > frame.Length)
            return RouteStatus.NotIp;
        ReadOnlySpan<byte> packet = frame[info.L3Offset..];
        if (v6)
            return IsUnicastV6(packet[8..24]) && IsUnicastV6(packet[24..40]) ? RouteStatus.Ok : RouteStatus.NotUnicast;
        return CheckV4(packet);
    }

    private static RouteStatus CheckV4(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv4Header.MinSize)
            return RouteStatus.NotIp;

        // SAFE: the fixed header is there.
        ref byte header = ref MemoryMarshal.GetReference(packet);
        bool isSound = (header & 15) == 5 ? InternetChecksum.IsValidHeader(ref header) : InternetChecksum.IsValid(packet[..((header & 15) * 4)]);
        if (!isSound)
            return RouteStatus.BadChecksum;
        bool isUnicast = IsUnicastV4(OuterHeader.ReadBigEndian(ref Unsafe.Add(ref header, 12))) && IsUnicastV4(OuterHeader.ReadBigEndian(ref Unsafe.Add(ref header, 16)));
        return isUnicast ? RouteStatus.Ok : RouteStatus.NotUnicast;
    }

    // 0.0.0.0/8 but its first address, 169.254.0.0/16 and 240.0.0.0/4 are routed like any other, as Linux does.
    private static bool IsUnicastV4(uint address) => address - 1 < uint.MaxValue - 1 && address >> 24 != 127 && address >> 28 != 14;

    private static bool IsUnicastV6(ReadOnlySpan<byte> address)
    {
        bool isLinkLocal = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
        return address[0] != 0xff && !isLinkLocal && (address[..15].IndexOfAnyExcept((byte)0) >= 0 || address[15] > 1);
    }

    /// <summary>Finishes a frame that was checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RouteStatus Forward(ref byte frame, int l3, uint number, ref uint port)
    {
        if (number >= (uint)_nextHops.Length)
            return RouteStatus.NoRoute;

        // SAFE: the check found an Ethernet header and a fixed IP header behind it.
        ref byte packet = ref Unsafe.Add(ref frame, l3);
        if (Unsafe.Add(ref packet, packet >> 4 == 4 ? 8 : 7) <= 1)
            return RouteStatus.HopLimitExceeded;
        HopLimit.Decrement(ref packet);
        port = _nextHops[number].Write(ref frame);
        return RouteStatus.Ok;
    }
}
