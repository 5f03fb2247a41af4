using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Outer checksums of eight frames, from their inner ones: <see cref="KnownInner.SumPlain"/> in the lanes of vectors.</summary>
public sealed unsafe partial class UdpTunnel
{
    /// <summary>Of the plain frames, those whose own checksums give the outer ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Known(FrameSlot* slots, uint plain, ReadOnlySpan<PacketInfo> inner, Group* group)
    {
        uint known = 0;
        for (int i = 0; i < inner.Length; i++)
            known |= KnownInner.IsPlain(ref *(byte*)group->Frames[i], slots[i].Length, inner[i]) ? 1u << i : 0;
        return plain & known;
    }

    /// <summary>The sums of what is before the IP addresses: 26 bytes, or 22 of IPv6.</summary>
    /// <param name="group">Where the frames are.</param>
    /// <param name="start">Bytes 12 to 15 of each, host order.</param>
    /// <param name="word">Bytes 20 to 23.</param>
    /// <param name="isV6">All ones for each that is IPv6.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SumsBeforeAddresses(Group* group, Vector256<uint> start, Vector256<uint> word, Vector256<uint> isV6)
    {
        Vector256<uint> sum = FrameLanes.Halves(Gather(group, 0)) + FrameLanes.Halves(Gather(group, 4)) + FrameLanes.Halves(Gather(group, 8)) + FrameLanes.Halves(start) + FrameLanes.Halves(Gather(group, 16));
        Vector256<uint> lastOfV4 = (word & Vector256.Create((uint)ushort.MaxValue)) + (Gather(group, 24) >>> 16);
        return sum + (word >>> 16) + Vector256.AndNot(lastOfV4, isV6);
    }

    /// <summary>The checksums of the datagrams.</summary>
    /// <param name="before">The sums of what is before the addresses of the inner packets.</param>
    /// <param name="bytes">The lengths of the frames.</param>
    /// <param name="word">Their bytes 20 to 23, in which the protocols are.</param>
    /// <param name="isV6">All ones for each that is IPv6.</param>
    /// <param name="ports">The sums of source ports and, twice, lengths of the datagrams.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> Checksums(Vector256<uint> before, Vector256<uint> bytes, Vector256<uint> word, Vector256<uint> isV6, Vector256<uint> ports)
    {
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> protocol = Vector256.ConditionalSelect(isV6, word >>> 24, word & Vector256.Create((uint)byte.MaxValue));
        Vector256<uint> segment = bytes - Vector256.ConditionalSelect(isV6, Vector256.Create((uint)(EthernetBytes + Ipv6Header.Size)), Vector256.Create(LeastPlain));
        Vector256<uint> sum = Vector256.Create(_datagramSum) + ports + before + low - segment - protocol;
        sum += (sum << 16) | (sum >>> 16);
        Vector256<uint> checksum = (sum >>> 16) ^ low;
        return checksum | (Vector256.Equals(checksum, Vector256<uint>.Zero) & low);
    }
}
