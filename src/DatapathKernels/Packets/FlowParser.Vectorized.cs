using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

/// <summary>The passes of a burst that have no branches.</summary>
/// <remarks>
/// In real traffic TCP follows UDP and IPv4 follows IPv6 in no order a branch predictor knows, and one wrong guess costs
/// more than a whole parse. So every frame goes through all the steps of the short path, its key and record are written
/// whatever comes of it, and only then is it known whether they count. Key and record are each one load, one byte shuffle
/// and one OR with what is the same for all frames. Lengths that must not exceed others leave the sign of their difference
/// in <c>below</c>; every one of them is less than 2^31, so nothing overflows. Fields are read before it is known that the
/// frame has them: up to <see cref="BlindReadBytes"/>, which the arena's padding makes safe.
/// </remarks>
public static unsafe partial class FlowParser
{
    /// <summary>
    /// How many frames ahead the first line of a frame is asked for: at two or three nanoseconds a frame, eight of them
    /// cover a second-level cache hit, and the line is still there when its turn comes.
    /// </summary>
    private const int Lookahead = 8;

    /// <summary>A shuffle index that gives a zero byte on every machine: out of range, with the high bit set.</summary>
    private const byte Zero = 0xff;

    /// <summary>How far from a frame's first byte the passes may read, whatever the frame's length; arenas end in as much padding.</summary>
    internal const int BlindReadBytes = 128;

    /// <summary>True where the passes give the right answer fast; elsewhere every frame is parsed on its own.</summary>
    private static bool HasPasses => BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated;

    private interface ITag
    {
        /// <summary>Bytes between the addresses of a frame and its EtherType: 0 or those of one tag.</summary>
        static abstract uint Bytes { get; }
    }

    /// <summary><see cref="TryFastIpv4"/> of frames without a tag, or of those with one.</summary>
    /// <param name="memory">The first slot.</param>
    /// <param name="stride">From slot to slot, bytes.</param>
    /// <param name="slots">The frames' records.</param>
    /// <param name="rest">The frames to look at; the keys and records of others stay what they are.</param>
    /// <param name="zone">The conntrack zone.</param>
    /// <param name="keys">Receives keys.</param>
    /// <param name="records">Receives what was found.</param>
    /// <returns>The accepted frames.</returns>
    private static ulong FindIpv4<TTag>(byte* memory, nuint stride, FrameSlot* slots, ulong rest, ushort zone, FlowKeyV4* keys, PacketInfo* records)
        where TTag : struct, ITag
    {
        // Bytes 12..27 of the frame behind its tag: EtherType, version and IHL, TOS, total length, id, fragment, TTL, protocol, ...
        Vector128<byte> fixedBits = Vector128.Create(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0, 0, 0, 0, 0);
        Vector128<byte> fixedValue = Vector128.Create((byte)0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        // Record: total length to host order in bytes 0..1, protocol to byte 12, the rest constant.
        Vector128<byte> recordOrder = Vector128.Create(5, 4, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, 11, Zero, Zero, Zero);
        PacketFlags flags = PacketFlags.Ipv4 | PacketFlags.Transport | (TTag.Bytes == 0 ? PacketFlags.None : PacketFlags.Vlan);
        PacketInfo template = new(ParseStatus.Ok, flags, 0, (ushort)(EthernetBytes + TTag.Bytes), (ushort)(EthernetBytes + TTag.Bytes + Ipv4Bytes), 0, 0);
        Vector128<byte> recordBase = Unsafe.BitCast<PacketInfo, Vector128<byte>>(template);
        // Bytes 22..37: TTL, protocol, checksum, addresses, ports. Key: addresses and ports, protocol to byte 12, zone.
        Vector128<byte> keyOrder = Vector128.Create(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, Zero, Zero, Zero);
        Vector128<byte> keyBase = Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(new FlowKeyV4(0, 0, 0, 0, 0, zone));

        ref LengthClaim claims = ref MemoryMarshal.GetArrayDataReference(LengthClaim.ByProtocol);
        ulong accepted = 0;
        for (int i = 0; i < PacketBurst.MaxCount && rest >> i != 0; i++, memory += stride)
        {
            if ((rest >> i & 1) == 0)
                continue;
            byte* frame = memory + slots[i].Start;
            Prefetch.Read(frame + Lookahead * stride);
            bool isTagged = TTag.Bytes == 0 || *(ushort*)(frame + 12) == VlanTypeLe;
            frame += TTag.Bytes;

            // SAFE: frame + 64 is inside the arena's memory or its padding; nothing below reads further than byte 47.
            Vector128<byte> header = Vector128.Load(frame + 12);
            Vector128<byte> record = Vector128.ShuffleNative(header, recordOrder) | recordBase;
            Vector128<byte> key = Vector128.ShuffleNative(Vector128.Load(frame + 22), keyOrder) | keyBase;
            record.Store((byte*)(records + i));
            key.Store((byte*)(keys + i));

            int total = (int)record.AsUInt32().ToScalar();
            // SAFE: 256 entries, one for every byte.
            ref LengthClaim claim = ref Unsafe.Add(ref claims, (nint)frame[23]);
            int claimed = (BinaryPrimitives.ReverseEndianness(*(ushort*)(frame + 34 + claim.Offset)) >> claim.Shift) & claim.Mask;
            int below = ((int)slots[i].Length - (int)(EthernetBytes + TTag.Bytes) - total)
                | (claimed - claim.Smallest)
                | (total - Ipv4Bytes - claimed);
            bool ok = isTagged & ((header & fixedBits) == fixedValue) & (slots[i].Link == LinkType.Ethernet) & (below >= 0);
            accepted |= (ulong)Unsafe.BitCast<bool, byte>(ok) << i;
        }

        return accepted;
    }

    /// <summary><see cref="TryFastIpv6"/> of untagged frames.</summary>
    /// <returns>The accepted frames.</returns>
    private static ulong FindIpv6(
        byte* memory, nuint stride, FrameSlot* slots, ulong rest, ushort zone, FlowKeyV6* keys, PacketInfo* records)
    {
        // Bytes 12..27 of the frame: EtherType, version, class and label, payload length, next header, hop limit, ...
        Vector128<byte> fixedBits = Vector128.Create(0xff, 0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Vector128<byte> fixedValue = Vector128.Create(0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        // Record: payload length to host order in bytes 0..1, next header to byte 12; the sum adds the header and the rest.
        Vector128<byte> recordOrder = Vector128.Create(7, 6, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, 8, Zero, Zero, Zero);
        PacketInfo template = new(
            ParseStatus.Ok, PacketFlags.Ipv6 | PacketFlags.Transport, 0, (ushort)EthernetBytes, (ushort)(EthernetBytes + Ipv6Bytes), Ipv6Bytes, 0);
        Vector128<uint> recordBase = Unsafe.BitCast<PacketInfo, Vector128<uint>>(template);

        ref LengthClaim claims = ref MemoryMarshal.GetArrayDataReference(LengthClaim.ByProtocol);
        ulong accepted = 0;
        for (int i = 0; i < PacketBurst.MaxCount && rest >> i != 0; i++, memory += stride)
        {
            if ((rest >> i & 1) == 0)
                continue;
            byte* frame = memory + slots[i].Start;
            Prefetch.Read(frame + Lookahead * stride);

            // SAFE: frame + 128 is inside the arena's memory or its padding; nothing below reads further than byte 67.
            Vector128<byte> header = Vector128.Load(frame + 12);
            Vector128<uint> record = Vector128.ShuffleNative(header, recordOrder).AsUInt32() + recordBase;
            record.Store((uint*)(records + i));
            Vector256.Load(frame + 22).Store((byte*)(keys + i));
            *(ulong*)((byte*)(keys + i) + 32) = Tail(*(uint*)(frame + 54), frame[20], zone);

            int total = (int)record.ToScalar();
            // SAFE: 256 entries, one for every byte.
            ref LengthClaim claim = ref Unsafe.Add(ref claims, (nint)frame[20]);
            int claimed = (BinaryPrimitives.ReverseEndianness(*(ushort*)(frame + 54 + claim.Offset)) >> claim.Shift) & claim.Mask;
            int below = ((int)slots[i].Length - (int)EthernetBytes - total)
                | (claimed - claim.Smallest)
                | (total - Ipv6Bytes - claimed);
            bool ok = ((header & fixedBits) == fixedValue) & (slots[i].Link == LinkType.Ethernet) & (below >= 0);
            accepted |= (ulong)Unsafe.BitCast<bool, byte>(ok) << i;
        }

        return accepted;
    }

    private readonly struct Untagged : ITag
    {
        public static uint Bytes => 0;
    }

    private readonly struct Tagged : ITag
    {
        public static uint Bytes => TagBytes;
    }
}
