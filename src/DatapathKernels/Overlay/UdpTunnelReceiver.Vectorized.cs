using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary><see cref="IsPlain"/> of eight frames at a time, in the lanes of vectors; their records become those of the inner frames in two stores.</summary>
public sealed unsafe partial class UdpTunnelReceiver
{
    /// <summary>Unpacks those of eight frames that are plain.</summary>
    /// <param name="memory">Their first slot.</param>
    /// <param name="places">How far the slots are from it: <see cref="FrameLanes.Slots"/>.</param>
    /// <param name="slots">Their records.</param>
    /// <param name="infos">What their parses found.</param>
    /// <param name="networks">Receives the network of each that was.</param>
    /// <returns>A bit for each that was.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint UnpackPlain(byte* memory, Vector256<ulong> places, FrameSlot* slots, PacketInfo* infos, uint* networks)
    {
        const uint usual = (uint)(PacketFlags.Ipv4 | PacketFlags.Transport) << 24, unusual = (uint)(PacketFlags.Fragment | PacketFlags.Options) << 24, status = (uint)byte.MaxValue << 16;
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue), octet = Vector256.Create((uint)byte.MaxValue);
        Vector256<uint> bytes = FrameLanes.Records(infos, out Vector256<uint> l3, out Vector256<uint> states, out Vector256<uint> protocols);
        Vector256<uint> frameBytes = FrameLanes.Lengths(slots, out Vector256<uint> starts);
        l3 &= low;
        Vector256<uint> at = (starts & low) + l3;
        Vector256<uint> plain = Vector256.Equals(states & Vector256.Create(usual | unusual | status), Vector256.Create(usual)) & Vector256.Equals(protocols & octet, Vector256.Create((uint)IpProtocol.Udp))
            & Vector256.GreaterThan(bytes.AsInt32(), Vector256.Create((int)LeastPlain - 1)).AsUInt32() & ~Vector256.GreaterThan(bytes.AsInt32(), (frameBytes - l3).AsInt32()).AsUInt32()
            & Vector256.GreaterThan(Vector256.Create(ushort.MaxValue - PlainHeaders + 1), at.AsInt32()).AsUInt32();

        // SAFE: a plain frame has all headers read; any other is taken from its slot's first byte, behind which an arena has padding.
        ulong* packets = stackalloc ulong[FrameLanes.Count];
        FrameLanes.Place(memory, places, at & plain, packets);
        // Read once: another thread may accept another header meanwhile, and this one's network is what the frames are of.
        ulong header = _lastHeader;
        plain &= AreOurs(packets, bytes, header);
        Vector256.Create((uint)header >> 8).Store(networks);
        if (plain == Vector256<uint>.AllBitsSet)
            StoreSlots(slots, at, bytes);
        else
            StoreSlots(slots, plain.ExtractMostSignificantBits(), infos);
        return plain.ExtractMostSignificantBits();
    }

    /// <summary>All ones for each packet that is sound, for this end, without congestion and checksum, and has this tunnel header, the one accepted last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> AreOurs(ulong* packets, Vector256<uint> bytes, ulong header)
    {
        if (header == NoHeader)
            return Vector256<uint>.Zero;
        FrameLanes.Gather(packets, 0, out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third, out Vector256<uint> source);
        FrameLanes.Gather(packets, 16, out Vector256<uint> destination, out Vector256<uint> ports, out Vector256<uint> datagram, out Vector256<uint> flags);
        FrameLanes.Gather(packets, 32, out Vector256<uint> network, out _, out _, out _);
        Vector256<uint> sum = FrameLanes.Halves(first) + FrameLanes.Halves(second) + FrameLanes.Halves(third) + FrameLanes.Halves(source) + FrameLanes.Halves(destination);
        sum += (sum << 16) | (sum >>> 16);
        Vector256<uint> isSound = Vector256.Equals(sum >>> 16, Vector256.Create((uint)ushort.MaxValue)) & Vector256.Equals(first & Vector256.Create((uint)Ecn.Mask << 8), Vector256<uint>.Zero);

        // Constants are turned to the network's order instead of what was gathered.
        return isSound & Vector256.Equals(destination, Vector256.Create(_local)) & Vector256.Equals(ports >>> 16, Vector256.Create((uint)BinaryPrimitives.ReverseEndianness(options.Port)))
            & Vector256.Equals(FrameLanes.Reverse(datagram), (bytes - Vector256.Create((uint)Ipv4Header.MinSize)) << 16)
            & Vector256.Equals(flags, Vector256.Create(BinaryPrimitives.ReverseEndianness((uint)(header >> 32)))) & Vector256.Equals(network, Vector256.Create(BinaryPrimitives.ReverseEndianness((uint)header)));
    }

    /// <summary>The records of eight inner frames.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSlots(FrameSlot* slots, Vector256<uint> at, Vector256<uint> bytes)
    {
        Vector256<uint> upper = at + Vector256.Create((uint)PlainHeaders | ((uint)LinkType.Ethernet << 16));
        (Vector256<ulong> frontUpper, Vector256<ulong> backUpper) = Vector256.Widen(upper);
        (Vector256<ulong> front, Vector256<ulong> back) = Vector256.Widen(bytes - Vector256.Create((uint)PlainHeaders));
        (front | (frontUpper << 32)).Store((ulong*)slots);
        (back | (backUpper << 32)).Store((ulong*)slots + FrameLanes.Count / 2);
    }

    private static void StoreSlots(FrameSlot* slots, uint plain, PacketInfo* infos)
    {
        for (int i = 0; i < FrameLanes.Count; i++)
        {
            if ((plain & (1u << i)) != 0)
                slots[i] = new FrameSlot { Start = (ushort)(slots[i].Start + infos[i].L3Offset + PlainHeaders), Length = infos[i].L3Length - PlainHeaders, Link = LinkType.Ethernet };
        }
    }
}
