using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Packets;

/// <summary>The short path of a burst, eight frames at a time.</summary>
/// <remarks>
/// In real traffic TCP follows UDP and IPv4 follows IPv6 in no order a branch predictor knows, and one wrong guess costs more than a whole parse. So every frame goes
/// through the same steps, in the lanes of vectors: the 16 bytes behind the Ethernet addresses have what both families say of their lengths and protocols, a select keeps the
/// right ones, and 16 bytes of transport header come from where that family has it. Lengths are compared as signed numbers; none is near 2^31. Records are made in lanes and
/// turned to rows as a matrix is transposed; a key is a load and a store a frame, written for all eight where the group has any of that family. Fields are read before it
/// is known that the frame has them: up to <see cref="BlindReadBytes"/>, which the arena's padding makes safe.
/// </remarks>
public static unsafe partial class FlowParser
{
    /// <summary>A shuffle index that gives a zero byte: out of range, with the high bit set.</summary>
    private const byte Zero = 0xff;

    /// <summary>How far from a frame's first byte groups may read, whatever the frame's length; arenas end in as much padding.</summary>
    internal const int BlindReadBytes = 128;

    /// <summary>What <see cref="TryFast"/> says of eight frames.</summary>
    /// <param name="memory">The first slot.</param>
    /// <param name="stride">From slot to slot, bytes.</param>
    /// <param name="places">See <see cref="FrameLanes.Slots"/>.</param>
    /// <param name="slots">The frames' records.</param>
    /// <param name="zone">The conntrack zone.</param>
    /// <param name="keys4">Receives keys.</param>
    /// <param name="keys6">Receives keys.</param>
    /// <param name="records">Receives what was found.</param>
    /// <param name="v6">Receives a bit for each frame of IPv6 that is accepted.</param>
    /// <returns>A bit for each of IPv4. Keys and records of frames in neither mean nothing.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint ParseGroup(
        byte* memory, nuint stride, Vector256<ulong> places, FrameSlot* slots, ushort zone, FlowKeyV4* keys4, FlowKeyV6* keys6, PacketInfo* records, out uint v6)
    {
        ulong* frames = stackalloc ulong[FrameLanes.Count], transports = stackalloc ulong[FrameLanes.Count];
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> lengths = FrameLanes.Lengths(slots, out Vector256<uint> starts), links = starts >>> 16;
        FrameLanes.Place(memory, places, starts &= low, frames);
        FrameLanes.Prefetch(frames, FrameLanes.Count * stride);

        // SAFE: an arena ends in BlindReadBytes of padding; nothing below reads further than 18 + 40 + 16 bytes from a frame's start.
        FrameLanes.Gather(frames, (int)EthernetBytes - 2, out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third, out Vector256<uint> fourth);
        Vector256<uint> isTagged = Vector256.Equals(first & low, Vector256.Create((uint)VlanTypeLe)), tag = isTagged & Vector256.Create(TagBytes);
        if (tag != Vector256<uint>.Zero)
        {
            // A tag is as long as a word: behind one, everything stands one word further on.
            first = Vector256.ConditionalSelect(isTagged, second, first);
            second = Vector256.ConditionalSelect(isTagged, third, second);
            third = Vector256.ConditionalSelect(isTagged, fourth, third);
            FrameLanes.Place(memory, places, starts += tag, frames);
        }

        Vector256<uint> plain = ReadNetwork(first, second, third, out Vector256<uint> isV6, out Vector256<uint> header, out Vector256<uint> packet, out Vector256<uint> protocol);
        Vector256<uint> l3 = tag + Vector256.Create(EthernetBytes);
        FrameLanes.Place(memory, places, starts + header + Vector256.Create(EthernetBytes), transports);
        FrameLanes.Gather(transports, 0, out _, out second, out _, out fourth);
        plain &= IsSound(protocol, second, fourth, packet - header) & Vector256.Equals(links, Vector256.Create((uint)LinkType.Ethernet))
            & ~Vector256.GreaterThan((l3 + packet).AsInt32(), lengths.AsInt32()).AsUInt32();

        Vector256<uint> flags = Vector256.ConditionalSelect(isV6, Flags(PacketFlags.Ipv6), Flags(PacketFlags.Ipv4)) | Flags(PacketFlags.Transport);
        flags |= isTagged & Flags(PacketFlags.Vlan);
        FrameLanes.StoreRecords(records, packet, l3 | ((l3 + header) << 16), flags, protocol);

        v6 = (plain & isV6).ExtractMostSignificantBits();
        uint v4 = plain.ExtractMostSignificantBits() & ~v6;
        if (v4 != 0)
            WriteKeys(frames, zone, keys4);
        if (v6 != 0)
            WriteKeys(frames, zone, keys6);
        return v4;
    }

    /// <summary>What the IP headers of eight frames say.</summary>
    /// <param name="first">Bytes 12 to 15 of each, behind its tag, as loaded: type, version, class.</param>
    /// <param name="second">Bytes 16 to 19: IPv4's total length first, IPv6's payload length last.</param>
    /// <param name="third">Bytes 20 to 23: fragment field, TTL, protocol; or next header.</param>
    /// <param name="isV6">Receives all ones for each of IPv6.</param>
    /// <param name="header">Receives the bytes of their headers.</param>
    /// <param name="packet">Receives the bytes of the packets, from their headers on.</param>
    /// <param name="protocol">Receives what they carry.</param>
    /// <returns>All ones for each that is IPv6, or IPv4 without options and no fragment.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ReadNetwork(
        Vector256<uint> first, Vector256<uint> second, Vector256<uint> third, out Vector256<uint> isV6, out Vector256<uint> header, out Vector256<uint> packet, out Vector256<uint> protocol)
    {
        const uint v4 = 0x0045_0000 | Ipv4TypeLe, v6 = 0x0060_0000 | Ipv6TypeLe, fragment = 0xff3f;
        isV6 = Vector256.Equals(first & Vector256.Create(0x00f0_ffffu), Vector256.Create(v6));
        Vector256<uint> isV4 = Vector256.Equals(first & Vector256.Create(0x00ff_ffffu), Vector256.Create(v4)) & Vector256.Equals(third & Vector256.Create(fragment), Vector256<uint>.Zero);
        Vector256<uint> sizes = FrameLanes.Reverse(second);
        header = Vector256.ConditionalSelect(isV6, Vector256.Create((uint)Ipv6Bytes), Vector256.Create((uint)Ipv4Bytes));
        packet = Vector256.ConditionalSelect(isV6, (sizes & Vector256.Create((uint)ushort.MaxValue)) + header, sizes >>> 16);
        protocol = Vector256.ConditionalSelect(isV6, third & Vector256.Create((uint)byte.MaxValue), third >>> 24);
        return isV4 | isV6;
    }

    /// <summary><see cref="LengthClaim"/> in lanes: TCP's data offset, or UDP's length, is neither below the smallest header nor above the segment.</summary>
    /// <param name="protocol">What the segments are.</param>
    /// <param name="second">Their bytes 4 to 7, as loaded.</param>
    /// <param name="fourth">Their bytes 12 to 15.</param>
    /// <param name="segment">Their lengths.</param>
    /// <returns>All ones for each that is TCP or UDP and sound.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> IsSound(Vector256<uint> protocol, Vector256<uint> second, Vector256<uint> fourth, Vector256<uint> segment)
    {
        Vector256<uint> isTcp = Vector256.Equals(protocol, Vector256.Create((uint)IpProtocol.Tcp)), isUdp = Vector256.Equals(protocol, Vector256.Create((uint)IpProtocol.Udp));
        Vector256<uint> claimed = Vector256.ConditionalSelect(isTcp, (fourth & Vector256.Create(0xf0u)) >>> 2, FrameLanes.Reverse(second) >>> 16);
        Vector256<uint> smallest = Vector256.ConditionalSelect(isTcp, Vector256.Create((uint)TcpHeader.MinSize), Vector256.Create(UdpBytes));
        return (isTcp | isUdp) & ~Vector256.GreaterThan(smallest.AsInt32(), claimed.AsInt32()).AsUInt32() & ~Vector256.GreaterThan(claimed.AsInt32(), segment.AsInt32()).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKeys(ulong* frames, ushort zone, FlowKeyV4* keys)
    {
        Vector128<byte> order = Vector128.Create(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, Zero, Zero, Zero);
        Vector128<byte> zones = Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(new FlowKeyV4(0, 0, 0, 0, 0, zone));
        WriteKey(frames[0], order, zones, keys);
        WriteKey(frames[1], order, zones, keys + 1);
        WriteKey(frames[2], order, zones, keys + 2);
        WriteKey(frames[3], order, zones, keys + 3);
        WriteKey(frames[4], order, zones, keys + 4);
        WriteKey(frames[5], order, zones, keys + 5);
        WriteKey(frames[6], order, zones, keys + 6);
        WriteKey(frames[7], order, zones, keys + 7);
    }

    /// <summary>Bytes 22 to 37 are TTL, protocol, checksum, addresses and ports; a key is addresses and ports, protocol, zone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKey(ulong frame, Vector128<byte> order, Vector128<byte> zone, FlowKeyV4* key) =>
        (Vector128.ShuffleNative(Vector128.Load((byte*)frame + 22), order) | zone).Store((byte*)key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKeys(ulong* frames, ushort zone, FlowKeyV6* keys)
    {
        WriteKey((byte*)frames[0], zone, keys);
        WriteKey((byte*)frames[1], zone, keys + 1);
        WriteKey((byte*)frames[2], zone, keys + 2);
        WriteKey((byte*)frames[3], zone, keys + 3);
        WriteKey((byte*)frames[4], zone, keys + 4);
        WriteKey((byte*)frames[5], zone, keys + 5);
        WriteKey((byte*)frames[6], zone, keys + 6);
        WriteKey((byte*)frames[7], zone, keys + 7);
    }

    /// <summary>Both addresses as they stand, and behind them ports, next header and zone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKey(byte* frame, ushort zone, FlowKeyV6* key)
    {
        Vector256.Load(frame + 22).Store((byte*)key);
        *(ulong*)((byte*)key + 32) = Tail(*(uint*)(frame + 54), frame[20], zone);
    }

    private static Vector256<uint> Flags(PacketFlags flags) => Vector256.Create((uint)flags << 24);
}
