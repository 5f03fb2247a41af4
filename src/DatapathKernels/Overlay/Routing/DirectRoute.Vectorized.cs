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
        Unsafe.SkipInit(out Found found);
        Vector256<ulong> places = FrameLanes.Slots(stride);
        ulong plain = 0;
        fixed (PacketInfo* records = infos)
        {
            for (int i = 0; i < count; i += FrameLanes.Count)
                plain |= (ulong)Check(memory + (nuint)(uint)i * stride, places, slots + i, records + i, &found, i) << i;
        }

        if (plain != 0)
            _v4.LookupBurst(new ReadOnlySpan<uint>(found.Destinations, count), new Span<uint>(found.NextHops, count));
        done = plain;
        fixed (uint* into = ports)
        {
            for (int i = 0; i < count; i += FrameLanes.Count)
            {
                uint which = (uint)(plain >> i) & FrameLanes.All;
                if (which == FrameLanes.All && Vector256.LessThanAll(Vector256.Load(found.NextHops + i), Vector256.Create((uint)_nextHops.Length)))
                    WriteAll(&found, i, into + i);
                else
                    done &= ~((ulong)WriteSome(&found, i, which, statuses[i..], into + i) << i);
            }
        }

        return plain;
    }

    /// <summary>Finishes eight frames whose next hops exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteAll(Found* found, int first, uint* ports)
    {
        Write(found, first, ports);
        Write(found, first + 1, ports + 1);
        Write(found, first + 2, ports + 2);
        Write(found, first + 3, ports + 3);
        Write(found, first + 4, ports + 4);
        Write(found, first + 5, ports + 5);
        Write(found, first + 6, ports + 6);
        Write(found, first + 7, ports + 7);
    }

    /// <summary>Finishes some of eight frames.</summary>
    /// <returns>A bit for each whose next hop does not exist.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint WriteSome(Found* found, int first, uint which, Span<RouteStatus> statuses, uint* ports)
    {
        uint lost = 0;
        for (; which != 0; which &= which - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(which);
            if (found->NextHops[first + i] < (uint)_nextHops.Length)
            {
                Write(found, first + i, ports + i);
                continue;
            }

            statuses[i] = RouteStatus.NoRoute;
            lost |= 1u << i;
        }

        return lost;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(Found* found, int i, uint* port)
    {
        // SAFE: the check found an Ethernet header and a fixed IPv4 header behind it; the next hop exists.
        Unsafe.WriteUnaligned((byte*)found->Packets[i] + 8, found->Fields[i]);
        *port = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_nextHops), (nint)found->NextHops[i]).Write(ref *(byte*)found->Frames[i]);
    }

    /// <summary>Checks eight frames.</summary>
    /// <param name="memory">Their first slot.</param>
    /// <param name="places">How far the slots are from it: <see cref="FrameLanes.Slots"/>.</param>
    /// <param name="slots">Their records.</param>
    /// <param name="infos">What their parses found.</param>
    /// <param name="found">Receives where they are, their destinations, 0 for those that are not plain, and their fields one hop later.</param>
    /// <param name="first">The number of the first.</param>
    /// <returns>A bit for each that is plain.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Check(byte* memory, Vector256<ulong> places, FrameSlot* slots, PacketInfo* infos, Found* found, int first)
    {
        // SAFE: a packet's fixed header lies in its frame, or the frame is taken from its first byte, behind which an arena has padding.
        Vector256<uint> fits = Find(slots, infos, out Vector256<uint> starts, out Vector256<uint> offsets);
        ulong* packets = found->Packets + first;
        FrameLanes.Place(memory, places, starts, found->Frames + first);
        FrameLanes.Place(memory, places, (starts + offsets) & fits, packets);
        FrameLanes.Gather(packets, 0, out Vector256<uint> start, out Vector256<uint> second, out Vector256<uint> third, out Vector256<uint> source);
        FrameLanes.Gather(packets, 16, out Vector256<uint> destination, out _, out _, out _);
        Vector256<uint> sum = FrameLanes.Halves(start) + FrameLanes.Halves(second) + FrameLanes.Halves(third) + FrameLanes.Halves(source) + FrameLanes.Halves(destination);
        sum += (sum << 16) | (sum >>> 16);

        Vector256<uint> octet = Vector256.Create((uint)byte.MaxValue), low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> plain = fits & Vector256.Equals(start & octet, Vector256.Create(0x45u)) & Vector256.Equals(sum >>> 16, low)
            & Vector256.GreaterThan((third & octet).AsInt32(), Vector256<int>.One).AsUInt32() & IsAnyHost(source & octet) & IsAnyHost(destination & octet);
        (destination & plain).Store(found->Destinations + first);
        Decrement(third).Store(found->Fields + first);
        return plain.ExtractMostSignificantBits();
    }

    /// <summary>Where frames begin in their slots, and packets in them, of those that hold one of IPv4 without options, as far as their parses tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Find(FrameSlot* slots, PacketInfo* infos, out Vector256<uint> starts, out Vector256<uint> offsets)
    {
        const uint asked = (uint)(PacketFlags.Ipv4 | PacketFlags.Ipv6 | PacketFlags.Options) << 24, wanted = (uint)PacketFlags.Ipv4 << 24;

        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> lengths = FrameLanes.Records(infos, out offsets, out Vector256<uint> states, out _), frameBytes = FrameLanes.Lengths(slots, out Vector256<uint> records);
        offsets &= low;
        starts = records & low;
        return Vector256.Equals(states & Vector256.Create(asked), Vector256.Create(wanted)) & Vector256.Equals(records >>> 16, Vector256.Create((uint)LinkType.Ethernet))
            & Vector256.GreaterThan(offsets.AsInt32(), Vector256.Create(EthernetBytes - 1)).AsUInt32()
            & Vector256.GreaterThan(lengths.AsInt32(), Vector256.Create(Ipv4Header.MinSize - 1)).AsUInt32()
            & ~Vector256.GreaterThan((offsets + lengths).AsInt32(), frameBytes.AsInt32()).AsUInt32();
    }

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

    /// <summary>What was found of a burst, frame by frame.</summary>
    private struct Found
    {
        public fixed ulong Frames[PacketBurst.MaxCount];
        public fixed ulong Packets[PacketBurst.MaxCount];
        public fixed uint Destinations[PacketBurst.MaxCount];
        public fixed uint Fields[PacketBurst.MaxCount];
        public fixed uint NextHops[PacketBurst.MaxCount];
    }
}
