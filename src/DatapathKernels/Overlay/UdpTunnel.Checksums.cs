using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Outer checksums of eight frames, from their inner ones: <see cref="KnownInner.SumPlain"/> in the lanes of vectors.</summary>
public sealed unsafe partial class UdpTunnel
{
    /// <summary>The sums of what is before the IP addresses: 26 bytes, or 22 of IPv6, whose words are in no order.</summary>
    /// <param name="outers">Where the outer frames begin.</param>
    /// <param name="headerBytes">How far from there the frames are.</param>
    /// <param name="start">Bytes 12 to 15 of each, network order.</param>
    /// <param name="length">Bytes 16 to 19.</param>
    /// <param name="word">Bytes 20 to 23.</param>
    /// <param name="last">Bytes 24 to 27.</param>
    /// <returns>The sums, host order.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SumsBeforeAddresses(ulong* outers, int headerBytes, Vector256<uint> start, Vector256<uint> length, Vector256<uint> word, Vector256<uint> last)
    {
        FrameLanes.Gather(outers, headerBytes, out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third, out _);
        Vector256<uint> low = Vector256.Create((uint)ushort.MaxValue), isV6 = Vector256.Equals(start & low, Vector256.Create((uint)BinaryPrimitives.ReverseEndianness(Ipv6Header.EtherType)));
        Vector256<uint> lastOfV4 = Vector256.AndNot((word >>> 16) + (last & low), isV6);
        Vector256<uint> sum = FrameLanes.Halves(first) + FrameLanes.Halves(second) + FrameLanes.Halves(third) + FrameLanes.Halves(start) + FrameLanes.Halves(length) + (word & low) + lastOfV4;
        sum += (sum << 16) | (sum >>> 16);
        return ((sum >>> 8) & Vector256.Create(0xff00u)) | (sum >>> 24);
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
