using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// The sum of a frame whose transport checksum is right, without reading its payload (Linux's local checksum offload): such a segment and its
/// pseudo header sum to 0xffff, so the segment alone sums to the complement of the pseudo header.
/// </summary>
internal static unsafe class KnownInner
{
    private const int EthernetBytes = EthernetHeader.Size, PlainHeaders = EthernetBytes + Ipv4Header.MinSize, PlainHeadersV6 = EthernetBytes + Ipv6Header.Size;

    /// <summary>
    /// True for an untagged, unpadded frame with a whole TCP segment, or UDP datagram that has a checksum, in IP without options. Its sum is a few instructions, as the
    /// addresses stand in both header and pseudo header and cancel out: what is before them counts, and the pseudo header's other words, negative.
    /// </summary>
    /// <param name="frame">Its first byte.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="info">What its parse found.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPlain(ref byte frame, uint bytes, in PacketInfo info)
    {
        // The record as two words; the layout is PacketInfo's, and a test holds it to that: length, offsets; fragment, status, flags, protocol.
        const ulong asked = (0xffUL << 16) | ((ulong)(PacketFlags.Transport | PacketFlags.Fragment | PacketFlags.Options | PacketFlags.Vlan) << 24) | (0xffUL << 32);
        const ulong transport = (ulong)PacketFlags.Transport << 24, tcp = transport | ((ulong)IpProtocol.Tcp << 32), udp = transport | ((ulong)IpProtocol.Udp << 32);
        const ulong ipv4 = ((ulong)EthernetBytes << 32) | ((ulong)PlainHeaders << 48), ipv6 = ((ulong)EthernetBytes << 32) | ((ulong)PlainHeadersV6 << 48);
        ref ulong words = ref Unsafe.As<PacketInfo, ulong>(ref Unsafe.AsRef(in info));
        ulong kind = Unsafe.Add(ref words, 1) & asked, offsets = words - (bytes - EthernetBytes);
        if (!BitConverter.IsLittleEndian || (offsets != ipv4 && offsets != ipv6))
            return false;
        return kind == tcp || (kind == udp && IsCovered(ref Unsafe.Add(ref frame, (nint)(offsets >> 48)), bytes - (uint)(offsets >> 48)));
    }

    /// <summary>The same of eight frames, all questions but UDP's asked in the lanes of vectors.</summary>
    /// <param name="outers">Where their outer frames begin.</param>
    /// <param name="headerBytes">How far from there the frames are.</param>
    /// <param name="bytes">Their lengths.</param>
    /// <param name="infos">What their parses found, one each.</param>
    /// <returns>A bit for each that is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ArePlain(ulong* outers, int headerBytes, Vector256<uint> bytes, ReadOnlySpan<PacketInfo> infos)
    {
        const uint asked = (0xffu << 16) | ((uint)(PacketFlags.Transport | PacketFlags.Fragment | PacketFlags.Options | PacketFlags.Vlan) << 24), wanted = (uint)PacketFlags.Transport << 24;
        const uint ipv4 = EthernetBytes | (PlainHeaders << 16), ipv6 = EthernetBytes | (PlainHeadersV6 << 16);
        Vector256<uint> offsets, states, protocols, lengths;
        fixed (PacketInfo* records = infos)
            lengths = FrameLanes.Records(records, out offsets, out states, out protocols);
        protocols &= Vector256.Create((uint)byte.MaxValue);
        Vector256<uint> isTcp = Vector256.Equals(protocols, Vector256.Create((uint)IpProtocol.Tcp)), isUdp = Vector256.Equals(protocols, Vector256.Create((uint)IpProtocol.Udp));
        Vector256<uint> plain = (isTcp | isUdp) & Vector256.Equals(states & Vector256.Create(asked), Vector256.Create(wanted)) & Vector256.Equals(lengths + Vector256.Create((uint)EthernetBytes), bytes)
            & (Vector256.Equals(offsets, Vector256.Create(ipv4)) | Vector256.Equals(offsets, Vector256.Create(ipv6)));
        uint found = plain.ExtractMostSignificantBits(), datagrams = (plain & isUdp).ExtractMostSignificantBits();
        return datagrams == 0 ? found : found & ~AreNotCovered(outers, headerBytes, infos, datagrams);
    }

    /// <summary>Of plain frames with UDP datagrams, those whose checksums are not there or do not cover all.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint AreNotCovered(ulong* outers, int headerBytes, ReadOnlySpan<PacketInfo> infos, uint which)
    {
        uint bare = 0;
        for (; which != 0; which &= which - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(which);
            bare |= IsCovered(ref *((byte*)outers[i] + headerBytes + infos[i].L4Offset), infos[i].L4Length) ? 0 : 1u << i;
        }

        return bare;
    }

    /// <summary>The sum of a frame that <see cref="IsPlain"/>.</summary>
    /// <param name="frame">Its first byte.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="info">What its parse found.</param>
    /// <returns>A raw sum: see <see cref="InternetChecksum.FinishRaw"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SumPlain(ref byte frame, uint bytes, in PacketInfo info)
    {
        ulong before = info.L4Offset == PlainHeaders ? InternetChecksum.RawSumBeforeAddresses(ref frame) : InternetChecksum.RawSumBeforeAddressesV6(ref frame);
        return before + InternetChecksum.Raw(ushort.MaxValue - (bytes - info.L4Offset + (uint)info.Protocol));
    }

    /// <summary>UDP's checksum is there and covers the whole datagram.</summary>
    private static bool IsCovered(ref byte udp, uint datagram)
    {
        // SAFE: the parse found a UDP header there.
        uint lengthAndSum = OuterHeader.ReadBigEndian(ref Unsafe.Add(ref udp, 4));
        return lengthAndSum >> 16 == datagram && (ushort)lengthAndSum != 0;
    }

    /// <summary>The sum of any frame with a transport header.</summary>
    public static uint Sum(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (!IsKnown(frame, info))
            return InternetChecksum.Sum(frame);
        int end = info.L3Offset + (int)info.L3Length;
        uint segment = InternetChecksum.Finish(OuterPacket.Pseudo(frame[info.L3Offset..], (info.Flags & PacketFlags.Ipv6) != 0, info.Protocol, info.L4Length));
        uint headers = InternetChecksum.Sum(frame[..info.L4Offset]);
        uint packet = InternetChecksum.Add(headers, segment);
        return end == frame.Length ? packet : InternetChecksum.Combine(packet, end, InternetChecksum.Sum(frame[end..]));
    }

    private static bool IsKnown(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if ((info.Flags & PacketFlags.Fragment) != 0 || info.L4Offset % 2 != 0 || info.L3Offset + (long)info.L3Length > frame.Length)
            return false;
        return info.Protocol switch
        {
            IpProtocol.Tcp => true,
            // Zero is no checksum; one that does not cover the whole segment says nothing of the rest.
            IpProtocol.Udp => MemoryMarshal.Read<ushort>(frame[(info.L4Offset + 6)..]) != 0
                && System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 4)..]) == info.L4Length,
            _ => false,
        };
    }
}
