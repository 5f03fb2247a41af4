using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>
/// Writes the traffic class and the hop limit of a packet, and mends the IPv4 header checksum as Linux does, bit for bit. IPv6
/// has no such checksum, and no transport checksum covers either field.
/// </summary>
public static class HeaderRewriter
{
    private const int TosOffset = 1, TtlOffset = 8, ChecksumOffset = 10, HopLimitOffset = 7;

    /// <summary>The TOS byte of IPv4, the traffic class of IPv6.</summary>
    /// <exception cref="ArgumentException">Not the record of an IP packet made of this frame.</exception>
    public static byte TrafficClass(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> header = frame.Slice(info.L3Offset, Length(frame.Length, info));
        return (info.Flags & PacketFlags.Ipv4) != 0 ? header[TosOffset] : (byte)(BinaryPrimitives.ReadUInt16BigEndian(header) >> 4);
    }

    /// <summary>The TTL of IPv4, the hop limit of IPv6.</summary>
    /// <exception cref="ArgumentException">Not the record of an IP packet made of this frame.</exception>
    public static byte HopLimit(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        frame.Slice(info.L3Offset, Length(frame.Length, info))[(info.Flags & PacketFlags.Ipv4) != 0 ? TtlOffset : HopLimitOffset];

    /// <summary>Writes the TOS byte, or the traffic class.</summary>
    /// <exception cref="ArgumentException">Not the record of an IP packet made of this frame.</exception>
    public static void SetTrafficClass(Span<byte> frame, in PacketInfo info, byte value)
    {
        Span<byte> header = frame.Slice(info.L3Offset, Length(frame.Length, info));
        if ((info.Flags & PacketFlags.Ipv6) != 0)
        {
            ushort first = BinaryPrimitives.ReadUInt16BigEndian(header);
            BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)((first & 0xf00f) | (value << 4)));
            return;
        }

        byte old = header[TosOffset];
        if (old == value)
            return;
        header[TosOffset] = value;

        // ipv4_change_dsfield: the complement of the sum rises by the old byte and falls by the new one.
        uint check = BinaryPrimitives.ReadUInt16BigEndian(header[ChecksumOffset..]) + (uint)old;
        if ((check + 1) >> 16 != 0)
            check = (check + 1) & 0xffff;
        check -= value;
        check += check >> 16;
        BinaryPrimitives.WriteUInt16BigEndian(header[ChecksumOffset..], (ushort)check);
    }

    /// <summary>Writes the TTL, or the hop limit.</summary>
    /// <exception cref="ArgumentException">Not the record of an IP packet made of this frame.</exception>
    public static void SetHopLimit(Span<byte> frame, in PacketInfo info, byte value)
    {
        Span<byte> header = frame.Slice(info.L3Offset, Length(frame.Length, info));
        if ((info.Flags & PacketFlags.Ipv6) != 0)
        {
            header[HopLimitOffset] = value;
            return;
        }

        byte old = header[TtlOffset];
        if (old == value)
            return;
        header[TtlOffset] = value;
        Span<byte> checksum = header[ChecksumOffset..];
        ushort mended = InternetChecksum.Replace16(BinaryPrimitives.ReadUInt16BigEndian(checksum), (ushort)(old << 8), (ushort)(value << 8));
        BinaryPrimitives.WriteUInt16BigEndian(checksum, mended);
    }

    /// <summary>
    /// What a router does to a packet it forwards: the TTL or hop limit goes down by one, the checksum as
    /// <see cref="InternetChecksum.DecrementTtl"/> says. False, and nothing is changed, when it is 1 or 0.
    /// </summary>
    /// <exception cref="ArgumentException">Not the record of an IP packet made of this frame.</exception>
    public static bool TryDecrementHopLimit(Span<byte> frame, in PacketInfo info)
    {
        Span<byte> header = frame.Slice(info.L3Offset, Length(frame.Length, info));
        ref byte hops = ref header[(info.Flags & PacketFlags.Ipv4) != 0 ? TtlOffset : HopLimitOffset];
        if (hops <= 1)
            return false;
        hops--;
        if ((info.Flags & PacketFlags.Ipv4) != 0)
        {
            Span<byte> checksum = header[ChecksumOffset..];
            BinaryPrimitives.WriteUInt16BigEndian(checksum, InternetChecksum.DecrementTtl(BinaryPrimitives.ReadUInt16BigEndian(checksum)));
        }

        return true;
    }

    private static int Length(int frameLength, in PacketInfo info)
    {
        int length = (info.Flags & PacketFlags.Ipv4) != 0 ? 20 : 40;
        if ((info.Flags & (PacketFlags.Ipv4 | PacketFlags.Ipv6)) == 0 || info.L3Offset + (long)info.L3Length > frameLength || info.L3Length < length)
            Throw.Argument(nameof(info), "expected the record of a parsed IP packet, made of this frame");
        return length;
    }
}
