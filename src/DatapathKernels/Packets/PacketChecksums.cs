using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>
/// The checksums of a whole parsed packet: verified, or computed and written. Every call takes the frame and the
/// <see cref="PacketInfo"/> that <see cref="FlowParser"/> made of that frame.
/// </summary>
public static class PacketChecksums
{
    private const int Ipv4ChecksumOffset = 10;

    /// <summary>Checks the IPv4 header checksum, options included. IPv6 has none: <see cref="ChecksumVerdict.Absent"/>.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <exception cref="ArgumentException">The record was made of a longer frame.</exception>
    public static ChecksumVerdict VerifyNetwork(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        CheckFrame(frame.Length, info);
        if ((info.Flags & PacketFlags.Ipv4) == 0)
            return ChecksumVerdict.Absent;
        return InternetChecksum.IsValid(Ipv4HeaderOf(frame, info)) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid;
    }

    /// <summary>Checks the transport checksum: the Internet checksum with its pseudo header, or SCTP's CRC32C.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <exception cref="ArgumentException">The record was made of a longer frame.</exception>
    public static ChecksumVerdict VerifyTransport(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        CheckFrame(frame.Length, info);
        if ((info.Flags & PacketFlags.Fragment) != 0)
            return ChecksumVerdict.NotWhole;
        ReadOnlySpan<byte> segment = SegmentOf(frame, info);
        if (info.Protocol == IpProtocol.Sctp)
            return SctpChecksum.Verify(segment) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid;
        int field = InternetChecksum.TransportField(info.Protocol);
        if (field < 0 || IsForeign(info))
            return ChecksumVerdict.Absent;
        if (segment.Length < field + 2)
            return ChecksumVerdict.NotWhole;
        if (info.Protocol == IpProtocol.Udp && (segment[field] | segment[field + 1]) == 0)
            return (info.Flags & PacketFlags.Ipv4) != 0 ? ChecksumVerdict.Absent : ChecksumVerdict.IllegalZero;
        return InternetChecksum.VerifyTransport(PseudoHeaderOf(frame, info), segment) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid;
    }

    /// <summary>
    /// Computes every checksum of the packet and writes it: the IPv4 header's, then the transport's. A fragment keeps its
    /// transport checksum, which covers bytes that are elsewhere.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <exception cref="ArgumentException">The record was made of a longer frame.</exception>
    public static void Write(Span<byte> frame, in PacketInfo info)
    {
        CheckFrame(frame.Length, info);
        if ((info.Flags & PacketFlags.Ipv4) != 0)
        {
            Span<byte> header = frame.Slice(info.L3Offset, (frame[info.L3Offset] & 15) * 4);
            header.Slice(Ipv4ChecksumOffset, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4ChecksumOffset..], InternetChecksum.Compute(header));
        }

        if ((info.Flags & (PacketFlags.Transport | PacketFlags.Fragment)) == PacketFlags.Transport)
            WriteTransport(frame, info);
    }

    /// <summary>Computes the transport checksum anew and writes it.</summary>
    internal static void WriteTransport(Span<byte> frame, in PacketInfo info)
    {
        Span<byte> segment = frame.Slice(info.L4Offset, (int)info.L4Length);
        int field = InternetChecksum.TransportField(info.Protocol);
        if (info.Protocol == IpProtocol.Sctp)
            SctpChecksum.Write(segment);
        else if (field >= 0 && !IsForeign(info))
            BinaryPrimitives.WriteUInt16BigEndian(segment[field..], InternetChecksum.ComputeTransport(PseudoHeaderOf(frame, info), segment, info.Protocol));
    }

    /// <summary>The partial sum of the packet's pseudo header; 0 for ICMP over IPv4, which has none.</summary>
    private static uint PseudoHeaderOf(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> header = frame[info.L3Offset..];
        if ((info.Flags & PacketFlags.Ipv6) != 0)
        {
            IPv6Address destination = (info.Flags & PacketFlags.Options) != 0
                ? Ipv6FinalDestination.Of(header[..(info.L4Offset - info.L3Offset)])
                : new IPv6Address(header[24..]);
            return InternetChecksum.PseudoHeaderV6(new IPv6Address(header[8..]), destination, info.Protocol, info.L4Length);
        }

        return info.Protocol == IpProtocol.Icmp
            ? 0
            : InternetChecksum.PseudoHeaderV4(MemoryMarshal.Read<uint>(header[12..]), MemoryMarshal.Read<uint>(header[16..]), info.Protocol, info.L4Length);
    }

    /// <summary>ICMP under IPv6, or ICMPv6 under IPv4: carried, but without a rule for its checksum.</summary>
    private static bool IsForeign(in PacketInfo info) =>
        info.Protocol == ((info.Flags & PacketFlags.Ipv4) != 0 ? IpProtocol.IcmpV6 : IpProtocol.Icmp);

    private static ReadOnlySpan<byte> Ipv4HeaderOf(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        frame.Slice(info.L3Offset, (frame[info.L3Offset] & 15) * 4);

    private static ReadOnlySpan<byte> SegmentOf(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        frame.Slice(info.L4Offset, (int)info.L4Length);

    private static void CheckFrame(int length, in PacketInfo info)
    {
        if (info.L4Offset == 0 || info.L3Offset + (ulong)info.L3Length > (uint)length)
            Throw.Argument(nameof(info), "expected the record of a parsed IP packet, made of this frame");
    }
}
