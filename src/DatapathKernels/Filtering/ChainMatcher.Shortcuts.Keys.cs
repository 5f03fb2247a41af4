using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>What the packets of a burst ask a dispatch chain for: eight at a time in the lanes of vectors where all that tells is at its usual place, others one by one.</content>
public abstract unsafe partial class ChainMatcher
{
    private const PacketFlags PlainSeen = PacketFlags.Ipv4 | PacketFlags.Transport | PacketFlags.Fragment | PacketFlags.NonFirstFragment, PlainFlags = PacketFlags.Ipv4 | PacketFlags.Transport;

    private const int UsualHeader = 20, TcpField = 16, UdpField = 6;

    // In a shape.
    private const uint UdpShape = 1u << 31;

    /// <summary>Where a rewriter finds things: bytes in the IPv4 header, in the second byte the offset of the transport's checksum, and <see cref="UdpShape"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ShapeOf(int header, bool isUdp) => isUdp ? (((uint)header * 0x101) + (UdpField << 8)) | UdpShape : ((uint)header * 0x101) + (TcpField << 8);

    // SAFE: the arena's own bounds; at most a burst of each array, of frames and of records, which the caller proved
    private static void FindKeys(ShortcutTable* table, in PacketBurst burst, PacketInfo* infos, BurstWork* work)
    {
        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        memory += (nuint)burst.First * stride;
        slots += burst.First;
        int i = 0;
        if (FrameLanes.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Vector256<ulong> places = FrameLanes.Slots(stride);
            for (; i + FrameLanes.Count <= burst.Count; i += FrameLanes.Count)
            {
                uint others = ~FindEightKeys(table, memory + ((nuint)i * stride), places, slots + i, infos + i, work, i) & FrameLanes.All;
                for (; others != 0; others &= others - 1)
                {
                    int one = i + System.Numerics.BitOperations.TrailingZeroCount(others);
                    FindKey(table, memory + ((nuint)one * stride), slots[one], infos[one], work, one);
                }
            }
        }

        for (; i < burst.Count; i++)
            FindKey(table, memory + ((nuint)i * stride), slots[i], infos[i], work, i);
    }

    private static void FindKey(ShortcutTable* table, byte* slot, FrameSlot frame, in PacketInfo info, BurstWork* work, int i)
    {
        // A key of zero is no packet's.
        ulong key = 0;
        if (IsPlain(info, frame.Length, out int header, out bool isUdp))
        {
            byte* l3 = slot + frame.Start + info.L3Offset;
            ulong addresses = Unsafe.ReadUnaligned<ulong>(l3 + 12);
            key = KeyOf(ref *l3, addresses, header, info.Protocol);
            work->Headers[i] = (ulong)l3;
            work->Sources[i] = (uint)addresses;
            work->Shapes[i] = ShapeOf(header, isUdp);
            work->Bytes[i] = info.L3Length;
        }

        work->Keys[i] = key;
        work->Homes[i] = (ulong)ShortcutTable.HomeOf(table, key);
        Prefetch.Read((void*)work->Homes[i]);
    }

    /// <summary>Those of eight packets without IP options.</summary>
    /// <returns>A bit for each packet whose key it is; those of others are zero.</returns>
    // SAFE: of a plain packet both headers lie in the frame; another's slot is read from its first byte, behind which an arena has padding
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint FindEightKeys(ShortcutTable* table, byte* memory, Vector256<ulong> places, FrameSlot* slots, PacketInfo* infos, BurstWork* work, int i)
    {
        const uint Usual = (uint)PlainFlags << 24, Asked = ((uint)PlainSeen << 24) | ((uint)byte.MaxValue << 16);
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue), twelve = Vector256.Create(12u);
        Vector256<uint> bytes = FrameLanes.Records(infos, out Vector256<uint> offsets, out Vector256<uint> states, out Vector256<uint> protocols);
        Vector256<uint> frameBytes = FrameLanes.Lengths(slots, out Vector256<uint> starts), l3 = offsets & low;
        protocols &= Vector256.Create((uint)byte.MaxValue);
        Vector256<uint> isUdp = Vector256.Equals(protocols, Vector256.Create((uint)IpProtocol.Udp));
        Vector256<uint> plain = Vector256.Equals(states & Vector256.Create(Asked), Vector256.Create(Usual)) & (isUdp | Vector256.Equals(protocols, Vector256.Create((uint)IpProtocol.Tcp)))
            & Vector256.Equals((offsets >>> 16) - l3, Vector256.Create((uint)UsualHeader))
            & Vector256.GreaterThan((bytes + (isUdp & twelve)).AsInt32(), Vector256.Create(UsualHeader + 20 - 1)).AsUInt32()
            & ~Vector256.GreaterThan(bytes.AsInt32(), (frameBytes - l3).AsInt32()).AsUInt32();

        ulong* headers = work->Headers + i;
        FrameLanes.Place(memory, places, ((starts & low) + l3) & plain, headers);
        FrameLanes.Gather(headers, 12, out Vector256<uint> source, out Vector256<uint> destination, out Vector256<uint> ports, out _);
        Vector256<uint> asks = (FrameLanes.Reverse(ports) & low) | (protocols << 16) | Vector256.Create(1u << 24);
        // Not by way of memory: a vector over several stores would wait for them.
        asks &= plain;
        destination &= plain;
        Vector512<ulong> keys = Widen(asks) | (Widen(destination) << 32);
        keys.Store(work->Keys + i);
        ShortcutTable.HomesOf(table, keys).Store(work->Homes + i);
        source.Store(work->Sources + i);
        bytes.Store(work->Bytes + i);
        Vector256.ConditionalSelect(isUdp, Vector256.Create(ShapeOf(UsualHeader, isUdp: true)), Vector256.Create(ShapeOf(UsualHeader, isUdp: false))).Store(work->Shapes + i);
        for (int lane = 0; lane < FrameLanes.Count; lane++)
            Prefetch.Read((void*)work->Homes[i + lane]);
        return plain.ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Widen(Vector256<uint> words) => Vector512.WidenLower(words.ToVector512Unsafe());
}
