using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>
/// What NAT does to a packet: writes another source or destination address and port, and mends every checksum that covers
/// them by what changed (RFC 1624), so that the payload is never read. Results are those of Linux's nf_nat, bit for bit.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The transport checksum covers the addresses through its pseudo header, ICMP over IPv4 excepted.</item>
/// <item>UDP over IPv4: a zero field means that there is no checksum, and stays zero. A mended UDP field that becomes
/// zero is written as 0xffff.</item>
/// <item>SCTP has a CRC instead, over the packet alone: it is computed again when the port changes.</item>
/// <item>ICMP: the port is the identifier, rewritten in echo messages only, whichever side is asked for.</item>
/// <item>IPv6 with a routing header: as Linux does, the transport checksum is mended by the address in the IP header.</item>
/// <item>Fragments: the mended checksum of a first fragment is that of the whole datagram; later ones have none.</item>
/// </list>
/// A checksum that was wrong before is wrong after by the same difference. Each call takes the frame and the
/// <see cref="PacketInfo"/> of that frame. Cost: a few additions, whatever the length of the packet, but for SCTP.
/// </remarks>
public static class AddressRewriter
{
    private const int SourceV4 = 12, DestinationV4 = 16, SourceV6 = 8, DestinationV6 = 24, HeaderChecksumV4 = 10, TcpChecksum = 16, UdpChecksum = 6;

    /// <summary>Source NAT of an IPv4 packet.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="addressBe">The new source address, network byte order.</param>
    /// <param name="portBe">The new source port, network byte order.</param>
    /// <exception cref="ArgumentException">Not the record of an IPv4 packet made of this frame.</exception>
    public static RewriteStatus SetSource(Span<byte> frame, in PacketInfo info, uint addressBe, ushort portBe) =>
        RewriteV4(frame, info, SourceV4, addressBe, 0, portBe);

    /// <summary>Destination NAT of an IPv4 packet.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="addressBe">The new destination address, network byte order.</param>
    /// <param name="portBe">The new destination port, network byte order.</param>
    /// <exception cref="ArgumentException">Not the record of an IPv4 packet made of this frame.</exception>
    public static RewriteStatus SetDestination(Span<byte> frame, in PacketInfo info, uint addressBe, ushort portBe) =>
        RewriteV4(frame, info, DestinationV4, addressBe, 2, portBe);

    /// <summary>Source NAT of an IPv6 packet.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="address">The new source address.</param>
    /// <param name="portBe">The new source port, network byte order.</param>
    /// <exception cref="ArgumentException">Not the record of an IPv6 packet made of this frame.</exception>
    public static RewriteStatus SetSource(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe) =>
        RewriteV6(frame, info, SourceV6, address, PortOffset(frame, info, 0), portBe);

    /// <summary>Destination NAT of an IPv6 packet.</summary>
    /// <param name="frame">The frame, rewritten in place.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="address">The new destination address.</param>
    /// <param name="portBe">The new destination port, network byte order.</param>
    /// <exception cref="ArgumentException">Not the record of an IPv6 packet made of this frame.</exception>
    public static RewriteStatus SetDestination(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe) =>
        RewriteV6(frame, info, DestinationV6, address, PortOffset(frame, info, 2), portBe);

    private static RewriteStatus RewriteV4(Span<byte> frame, in PacketInfo info, int addressOffset, uint addressBe, int side, ushort portBe)
    {
        bool isPlain = info.Status == ParseStatus.Ok && (info.Flags & (PacketFlags.Transport | PacketFlags.Fragment)) == PacketFlags.Transport;
        if (isPlain && info.Protocol is IpProtocol.Tcp or IpProtocol.Udp)
            return RewritePlainV4(frame, info, addressOffset, addressBe, side, portBe);
        return RewriteAnyV4(frame, info, addressOffset, addressBe, PortOffset(frame, info, side), portBe);
    }

    private static RewriteStatus RewritePlainV4(Span<byte> frame, in PacketInfo info, int addressOffset, uint addressBe, int portOffset, ushort portBe)
    {
        ref byte header = ref Header(frame, info, PacketFlags.Ipv4, 20);
        RewritePlain(ref header, info.L4Offset - info.L3Offset, info.Protocol == IpProtocol.Udp, addressOffset, addressBe, portOffset, portBe);
        return RewriteStatus.Ok;
    }

    /// <summary>
    /// TCP and UDP over IPv4, whole, both headers proved by the caller: address and port change the transport checksum in one sum. As each of the kernel's two steps never leaves
    /// 0xffff, one step to the same residue leaves the same bits.
    /// </summary>
    /// <param name="header">The IPv4 header.</param>
    /// <param name="headerBytes">Bytes from there to the transport header.</param>
    /// <param name="isUdp">UDP rather than TCP.</param>
    /// <param name="addressOffset">Where the address stands in the IPv4 header.</param>
    /// <param name="addressBe">The new address, network byte order.</param>
    /// <param name="portOffset">Where the port stands in the transport header.</param>
    /// <param name="portBe">The new port, network byte order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void RewritePlain(ref byte header, int headerBytes, bool isUdp, int addressOffset, uint addressBe, int portOffset, ushort portBe)
    {
        uint old = Read<uint>(ref header, addressOffset);
        Write(ref header, addressOffset, addressBe);
        Write(ref header, HeaderChecksumV4, InternetChecksum.Replace32(Read<ushort>(ref header, HeaderChecksumV4), old, addressBe));

        ref byte l4 = ref Unsafe.Add(ref header, headerBytes);
        ref byte field = ref Unsafe.Add(ref l4, isUdp ? UdpChecksum : TcpChecksum);
        ushort checksum = Read<ushort>(ref field, 0), oldPort = Read<ushort>(ref l4, portOffset);
        Write(ref l4, portOffset, portBe);
        if (isUdp && checksum == 0)
            return;
        ushort mended = InternetChecksum.Replace(checksum, ~old + (ulong)~(uint)oldPort, addressBe + (ulong)portBe);
        Write(ref field, 0, isUdp ? InternetChecksum.ForUdp(mended) : mended);
    }

    /// <summary>
    /// Destination NAT of a whole TCP or UDP packet over IPv4, both headers proved by the caller, who knows what the new address does to
    /// checksums. The same bits as <see cref="SetDestination(Span{byte}, in PacketInfo, uint, ushort)"/>. Which of the protocols it is decides no branch: bursts mix them.
    /// </summary>
    /// <param name="header">Its IPv4 header.</param>
    /// <param name="port">Its destination port.</param>
    /// <param name="field">Its transport checksum.</param>
    /// <param name="isUdp">UDP rather than TCP.</param>
    /// <param name="addressBe">The new destination address, network byte order.</param>
    /// <param name="difference">The <see cref="InternetChecksum.Difference"/> of the addresses, as they stand on the wire.</param>
    /// <param name="portBe">The new destination port, network byte order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetPlainDestination(ref byte header, ref byte port, ref byte field, bool isUdp, uint addressBe, ushort difference, ushort portBe)
    {
        Write(ref header, DestinationV4, addressBe);
        Write(ref header, HeaderChecksumV4, InternetChecksum.ReplaceByDifference(Read<ushort>(ref header, HeaderChecksumV4), difference));
        uint checksum = Read<ushort>(ref field, 0), oldPort = Read<ushort>(ref port, 0);
        Write(ref port, 0, portBe);
        uint mended = InternetChecksum.ReplaceByDifference((ushort)checksum, difference + (oldPort ^ 0xffff) + portBe);
        // One question for both zeros that are something else to UDP, no checksum before or one that became zero; no branch on which protocol it is, as bursts mix them.
        if (isUdp & checksum * mended == 0)
            mended = checksum == 0 ? 0u : 0xffff;
        Write(ref field, 0, (ushort)mended);
    }

    private static RewriteStatus RewriteAnyV4(Span<byte> frame, in PacketInfo info, int addressOffset, uint addressBe, int portOffset, ushort portBe)
    {
        if (NeedsWholePacket(frame, info, portOffset, portBe))
            return RewriteStatus.NotWhole;
        ref byte header = ref Header(frame, info, PacketFlags.Ipv4, 20);
        uint old = Read<uint>(ref header, addressOffset);
        Write(ref header, addressOffset, addressBe);
        Write(ref header, HeaderChecksumV4, InternetChecksum.Replace32(Read<ushort>(ref header, HeaderChecksumV4), old, addressBe));

        int field = ChecksumField(frame, info);
        if (field >= 0 && info.Protocol != IpProtocol.Icmp)
        {
            ref byte l4 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset);
            Write(ref l4, field, InternetChecksum.Replace32(Read<ushort>(ref l4, field), old, addressBe));
        }

        return RewritePort(frame, info, field, portOffset, portBe);
    }

    private static RewriteStatus RewriteV6(Span<byte> frame, in PacketInfo info, int addressOffset, in IPv6Address address, int portOffset, ushort portBe)
    {
        if (NeedsWholePacket(frame, info, portOffset, portBe))
            return RewriteStatus.NotWhole;
        ref byte header = ref Header(frame, info, PacketFlags.Ipv6, 40);
        IPv6Address old = Read<IPv6Address>(ref header, addressOffset);
        Write(ref header, addressOffset, address);

        int field = ChecksumField(frame, info);
        if (field >= 0 && info.Protocol != IpProtocol.Icmp)
        {
            ref byte l4 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset);
            Write(ref l4, field, InternetChecksum.Replace128(Read<ushort>(ref l4, field), old, address));
        }

        return RewritePort(frame, info, field, portOffset, portBe);
    }

    private static RewriteStatus RewritePort(Span<byte> frame, in PacketInfo info, int field, int portOffset, ushort portBe)
    {
        ref byte l4 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset);
        if (portOffset >= 0)
        {
            ushort old = Read<ushort>(ref l4, portOffset);
            Write(ref l4, portOffset, portBe);
            if (info.Protocol == IpProtocol.Sctp && old != portBe)
                SctpChecksum.Write(frame.Slice(info.L4Offset, (int)info.L4Length));
            if (field >= 0)
                Write(ref l4, field, InternetChecksum.Replace32(Read<ushort>(ref l4, field), old, portBe));
        }

        if (field >= 0 && info.Protocol is IpProtocol.Udp or IpProtocol.UdpLite)
            Write(ref l4, field, InternetChecksum.ForUdp(Read<ushort>(ref l4, field)));
        return portOffset >= 0 ? RewriteStatus.Ok : RewriteStatus.AddressOnly;
    }

    /// <summary>The offset of the port (or identifier) in the transport header; -1 when this packet has none.</summary>
    private static int PortOffset(ReadOnlySpan<byte> frame, in PacketInfo info, int side)
    {
        if ((info.Flags & PacketFlags.Transport) == 0)
            return -1;
        switch (info.Protocol)
        {
            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp or IpProtocol.Sctp:
                return side;
            case IpProtocol.Icmp or IpProtocol.IcmpV6:
                // The messages that carry an identifier (RFC 792, RFC 950; RFC 4443): the rest quote a packet.
                bool query = info.Protocol == IpProtocol.Icmp
                    ? frame[info.L4Offset] is 0 or 8 or (>= 13 and <= 18)
                    : frame[info.L4Offset] is 128 or 129;
                return query && info.L4Length >= 6 ? 4 : -1;
            default:
                return -1;
        }
    }

    /// <summary>The offset of the Internet checksum to mend in the transport header; -1 when there is none.</summary>
    private static int ChecksumField(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        int field = (info.Flags & PacketFlags.Transport) != 0 ? InternetChecksum.TransportField(info.Protocol) : -1;
        if (field < 0 || info.L4Length < (uint)field + 2)
            return -1;
        bool absent = info.Protocol == IpProtocol.Udp
            && (frame[info.L4Offset + field] | frame[info.L4Offset + field + 1]) == 0;
        return absent ? -1 : field;
    }

    private static bool NeedsWholePacket(ReadOnlySpan<byte> frame, in PacketInfo info, int portOffset, ushort portBe) =>
        info.Protocol == IpProtocol.Sctp && (info.Flags & PacketFlags.Fragment) != 0 && portOffset >= 0
        && MemoryMarshal.Read<ushort>(frame[(info.L4Offset + portOffset)..]) != portBe;

    /// <summary>The IP header, proved to be there together with the transport header the record promises.</summary>
    private static ref byte Header(Span<byte> frame, in PacketInfo info, PacketFlags version, uint headerLength)
    {
        if ((info.Flags & version) == 0 || !info.HasKey || info.L3Length < headerLength
            || info.L4Offset < info.L3Offset || info.L3Offset + (ulong)info.L3Length > (uint)frame.Length)
        {
            Throw.Argument(nameof(info), "expected the record of a packet of this IP version, made of this frame");
        }

        return ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L3Offset);
    }

    // SAFE (both): Header proved the datagram; the offsets lie in the IP header, or in a transport header whose length was checked
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(ref byte start, int offset)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref start, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T>(ref byte start, int offset, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, offset), value);
}
