using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Eight frames at a time: those that are IPv4 without options, sound, from and to addresses that are any host's, with a TTL that lets them go on. Their headers are
/// summed and their TTLs taken down in the lanes of vectors; all of a burst are then looked up at once. Whatever is refused here, sound or not, is left to the
/// general way.
/// </summary>
public sealed unsafe partial class DirectRoute
{
    /// <summary>Routes what is plain.</summary>
    /// <returns>A bit for each frame that was plain; <paramref name="done"/> has those that were routed.</returns>
    [SkipLocalsInit]
    private ulong RoutePlain(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<RouteStatus> statuses, Span<uint> ports, out ulong done)
    {
        int count = burst.Count & ~(FrameLanes.Count - 1);
        FrameSlot* slots = burst.Arena.Slots(burst.First, burst.Count);
        burst.Arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        uint* destinations = stackalloc uint[PacketBurst.MaxCount], fields = stackalloc uint[PacketBurst.MaxCount], nextHops = stackalloc uint[PacketBurst.MaxCount];
        ulong* packets = stackalloc ulong[PacketBurst.MaxCount];
        ulong plain = 0;
        fixed (PacketInfo* records = infos)
        {
            for (int i = 0; i < count; i += FrameLanes.Count)
                plain |= (ulong)Check(memory + (nuint)(uint)i * stride, stride, slots + i, records + i, packets + i, destinations + i, fields + i) << i;
        }

        if (plain != 0)
            _v4.LookupBurst(new ReadOnlySpan<uint>(destinations, count), new Span<uint>(nextHops, count));
        done = plain;
        for (int i = 0; i < count; i++, memory += stride)
        {
            if ((plain & (1UL << i)) == 0)
                continue;
            uint number = nextHops[i];
            if (number >= (uint)_nextHops.Length)
            {
                statuses[i] = RouteStatus.NoRoute;
                done &= ~(1UL << i);
                continue;
            }

            // SAFE: the check found an Ethernet header and a fixed IPv4 header behind it.
            Unsafe.WriteUnaligned((byte*)packets[i] + 8, fields[i]);
            ports[i] = _nextHops[number].Write(ref *(memory + slots[i].Start));
        }

        return plain;
    }

    /// <summary>Checks eight frames.</summary>
    /// <param name="memory">Their first slot.</param>
    /// <param name="stride">From slot to slot, bytes.</param>
    /// <param name="slots">Their records.</param>
    /// <param name="infos">What their parses found.</param>
    /// <param name="packets">Receives where their packets begin.</param>
    /// <param name="destinations">Receives their destinations, 0 for those that are not plain.</param>
    /// <param name="fields">Receives TTL, protocol and checksum, one hop later, as they go to the wire.</param>
    /// <returns>A bit for each that is plain.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Check(byte* memory, nuint stride, FrameSlot* slots, PacketInfo* infos, ulong* packets, uint* destinations, uint* fields)
    {
        // SAFE: a packet's fixed header lies in its frame, or the frame is taken from its first byte, behind which an arena has padding.
        Vector256<uint> fits = Find(slots, infos, out Vector256<uint> offsets);
        (offsets & fits).Store(fields);
        for (int i = 0; i < FrameLanes.Count; i++, memory += stride)
            packets[i] = (ulong)(memory + fields[i]);
        Vector256<uint> first = FrameLanes.Gather(packets, 0), third = FrameLanes.Gather(packets, 8), source = FrameLanes.Gather(packets, 12), destination = FrameLanes.Gather(packets, 16);
        Vector256<uint> sum = FrameLanes.Halves(first) + FrameLanes.Halves(FrameLanes.Gather(packets, 4)) + FrameLanes.Halves(third) + FrameLanes.Halves(source) + FrameLanes.Halves(destination);
        sum += (sum << 16) | (sum >>> 16);

        Vector256<uint> octet = Vector256.Create((uint)byte.MaxValue), low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> plain = fits & Vector256.Equals(first & octet, Vector256.Create(0x45u)) & Vector256.Equals(sum >>> 16, low)
            & Vector256.GreaterThan((third & octet).AsInt32(), Vector256<int>.One).AsUInt32() & IsAnyHost(source & octet) & IsAnyHost(destination & octet);
        (destination & plain).Store(destinations);
        Decrement(third).Store(fields);
        return plain.ExtractMostSignificantBits();
    }

    /// <summary>Where packets begin in their slots, of frames that hold one of IPv4 without options, as far as their parses tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Find(FrameSlot* slots, PacketInfo* infos, out Vector256<uint> offsets)
    {
        const uint asked = (uint)(PacketFlags.Ipv4 | PacketFlags.Ipv6 | PacketFlags.Options) << 24, wanted = (uint)PacketFlags.Ipv4 << 24;

        // The records as pairs of words, the layout is PacketInfo's: length and offsets; fragment, status and flags; their odd and even words apart.
        ulong* words = (ulong*)infos;
        Vector256<ulong> even = Even(words), odd = Odd(words), evenBack = Even(words + FrameLanes.Count), oddBack = Odd(words + FrameLanes.Count);
        Vector256<uint> lengths = Vector256.Narrow(even, evenBack), flags = Vector256.Narrow(even >>> 32, evenBack >>> 32);
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue), l3 = Vector256.Narrow(odd, oddBack) & low;
        Vector256<uint> frameBytes = FrameLanes.Lengths(slots, out Vector256<uint> starts);
        offsets = (starts & low) + l3;
        return Vector256.Equals(flags & Vector256.Create(asked), Vector256.Create(wanted)) & Vector256.Equals(starts >>> 16, Vector256.Create((uint)LinkType.Ethernet))
            & Vector256.GreaterThan(l3.AsInt32(), Vector256.Create(EthernetBytes - 1)).AsUInt32()
            & Vector256.GreaterThan(lengths.AsInt32(), Vector256.Create(Ipv4Header.MinSize - 1)).AsUInt32()
            & ~Vector256.GreaterThan((l3 + lengths).AsInt32(), frameBytes.AsInt32()).AsUInt32();
    }

    /// <summary>The low words of four pairs of words, and the high ones of the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Even(ulong* words) => Vector256.Narrow(Vector256.Load(words), Vector256.Load(words + 4)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Odd(ulong* words) => Vector256.Narrow(Vector256.Load(words) >>> 32, Vector256.Load(words + 4) >>> 32).AsUInt64();

    /// <summary>Of first octets: 1 to 223 but 127. The general way knows which of the others are routed too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> IsAnyHost(Vector256<uint> octet) =>
        Vector256.GreaterThan(octet.AsInt32(), Vector256<int>.Zero).AsUInt32() & Vector256.GreaterThan(Vector256.Create(224), octet.AsInt32()).AsUInt32() & ~Vector256.Equals(octet, Vector256.Create(127u));

    /// <summary>
    /// TTL, protocol and checksum one hop later. The TTL is the lowest byte of the word and the checksum, its bytes exchanged, the upper half: that rises by one (see
    /// <see cref="InternetChecksum.DecrementTtl"/>), and by one more where it would be 0xffff or beyond.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Decrement(Vector256<uint> fields)
    {
        Vector256<uint> isLast = Vector256.GreaterThan((fields >>> 16).AsInt32(), Vector256.Create(0xfffd)).AsUInt32();
        return fields + Vector256.Create(0xffffu) + (isLast & Vector256.Create(0x10000u));
    }
}
