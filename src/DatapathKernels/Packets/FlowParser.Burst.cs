using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

/// <summary>A burst at a time.</summary>
public static unsafe partial class FlowParser
{
    /// <summary>
    /// How many frames ahead the first line of a frame is asked for: at one or two nanoseconds a frame, eight of them cover
    /// a second-level cache hit, and the line is still there when its turn comes.
    /// </summary>
    private const int Lookahead = 8;

    /// <summary>A shuffle index that gives a zero byte on every machine: out of range, with the high bit set.</summary>
    private const byte Zero = 0xff;

    /// <summary>How far from a frame's first byte <see cref="FindIpv4"/> may read, whatever the frame's length; arenas end in as much padding.</summary>
    internal const int BlindReadBytes = 64;

    /// <summary>
    /// Parses every frame of a burst. Equal to a loop of
    /// <see cref="Parse(ReadOnlySpan{byte}, LinkType, ushort, out FlowKeyV4, out FlowKeyV6, out PacketInfo)"/>, and faster.
    /// </summary>
    /// <param name="burst">The frames.</param>
    /// <param name="zone">The conntrack zone of all of them.</param>
    /// <param name="v4">Room for a key a frame. Entry i is a key when bit i of <see cref="FlowMasks.V4"/> is set, else unspecified.</param>
    /// <param name="v6">Room for a key a frame. Entry i is a key when bit i of <see cref="FlowMasks.V6"/> is set, else unspecified.</param>
    /// <param name="infos">Room for a record a frame; every one is written.</param>
    /// <returns>Which frames have a key of which family.</returns>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public static FlowMasks ParseBurst(
        in PacketBurst burst, ushort zone, Span<FlowKeyV4> v4, Span<FlowKeyV6> v6, Span<PacketInfo> infos)
    {
        int count = burst.Count;
        if (v4.Length < count)
            Throw.Argument(nameof(v4), "shorter than the burst");
        if (v6.Length < count)
            Throw.Argument(nameof(v6), "shorter than the burst");
        if (infos.Length < count)
            Throw.Argument(nameof(infos), "shorter than the burst");
        if (count == 0)
            return default;

        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        slots += burst.First;
        ulong mask4, mask6 = 0;
        fixed (FlowKeyV4* keys4 = v4)
        fixed (FlowKeyV6* keys6 = v6)
        fixed (PacketInfo* records = infos)
        {
            mask4 = BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated ? FindIpv4(memory, stride, slots, count, zone, keys4, records) : 0;
            for (ulong rest = burst.All & ~mask4; rest != 0; rest &= rest - 1)
            {
                int i = BitOperations.TrailingZeroCount(rest);
                byte* frame = memory + (nuint)(uint)i * stride + slots[i].Start;
                PacketFlags family = ParseRest(frame, slots[i], zone, ref keys4[i], ref keys6[i], ref records[i]);
                mask4 |= (ulong)(family & PacketFlags.Ipv4) << i;
                mask6 |= (ulong)(family & PacketFlags.Ipv6) / (ulong)PacketFlags.Ipv6 << i;
            }
        }

        GC.KeepAlive(burst.Arena);
        return new FlowMasks(mask4, mask6);
    }

    /// <summary>
    /// The first pass: untagged <see cref="TryFastIpv4"/> over every frame, without a branch but the loop's own.
    /// </summary>
    /// <remarks>
    /// In real traffic TCP follows UDP and IPv4 follows IPv6 in no order a branch predictor knows, and one wrong guess costs
    /// more than a whole parse. So every frame goes through all the steps, its key and record are written whatever comes of
    /// it, and only then is it known whether they count. Key and record are each one load, one byte shuffle and one OR with
    /// what is the same for all frames. Lengths that must not exceed others leave the sign of their difference in
    /// <c>below</c>; every one of them is less than 2^31, so nothing overflows. Fields are read before it is known that the
    /// frame has them: up to <see cref="BlindReadBytes"/>, which the arena's padding makes safe.
    /// </remarks>
    /// <returns>The accepted frames.</returns>
    private static ulong FindIpv4(
        byte* memory, nuint stride, FrameSlot* slots, int count, ushort zone, FlowKeyV4* keys, PacketInfo* records)
    {
        // Bytes 12..27 of the frame: EtherType, version and IHL, TOS, total length, id, fragment, TTL, protocol, ...
        Vector128<byte> fixedBits = Vector128.Create(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0, 0, 0, 0, 0);
        Vector128<byte> fixedValue = Vector128.Create((byte)0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        // Record: total length to host order in bytes 0..1, protocol to byte 12, the rest constant.
        Vector128<byte> recordOrder = Vector128.Create(5, 4, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, 11, Zero, Zero, Zero);
        PacketInfo template = new(
            ParseStatus.Ok, PacketFlags.Ipv4 | PacketFlags.Transport, 0, (ushort)EthernetBytes, (ushort)(EthernetBytes + Ipv4Bytes), 0, 0);
        Vector128<byte> recordBase = Unsafe.BitCast<PacketInfo, Vector128<byte>>(template);
        // Bytes 22..37: TTL, protocol, checksum, addresses, ports. Key: addresses and ports, protocol to byte 12, zone.
        Vector128<byte> keyOrder = Vector128.Create(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, Zero, Zero, Zero);
        Vector128<byte> keyBase = Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(new FlowKeyV4(0, 0, 0, 0, 0, zone));

        ref LengthClaim claims = ref MemoryMarshal.GetArrayDataReference(LengthClaim.ByProtocol);
        ulong accepted = 0;
        for (int i = 0; i < count; i++, memory += stride)
        {
            byte* frame = memory + slots[i].Start;
            Prefetch.Read(frame + Lookahead * stride);

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
            int below = ((int)slots[i].Length - (int)EthernetBytes - total)
                | (claimed - claim.Smallest)
                | (total - Ipv4Bytes - claimed);
            bool ok = ((header & fixedBits) == fixedValue) & (slots[i].Link == LinkType.Ethernet) & (below >= 0);
            accepted |= (ulong)Unsafe.BitCast<bool, byte>(ok) << i;
        }

        return accepted;
    }

    /// <summary>One frame that the first pass left.</summary>
    /// <returns>The family flag of the key that was written, or none.</returns>
    private static PacketFlags ParseRest(
        byte* frame, FrameSlot slot, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, ref PacketInfo info)
    {
        const PacketFlags families = PacketFlags.Ipv4 | PacketFlags.Ipv6;
        ReadOnlySpan<byte> bytes = new(frame, (int)slot.Length);
        if (!TryFast(bytes, slot.Link, zone, ref v4, ref v6, ref info))
            ParseGeneral(bytes, slot.Link, zone, ref v4, ref v6, out info);
        return info.HasKey ? info.Flags & families : PacketFlags.None;
    }
}
