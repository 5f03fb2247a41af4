using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

public static partial class InternetChecksum
{
    /// <summary>
    /// The partial sum of the IPv4 pseudo header: source, destination, zero, protocol, transport length (RFC 9293, section
    /// 3.1; RFC 768).
    /// </summary>
    /// <param name="sourceBe">Source address as read from the packet.</param>
    /// <param name="destinationBe">Destination address as read from the packet.</param>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="length">Bytes of transport header and data: the IP total length less the IP header, never the frame's length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PseudoHeaderV4(uint sourceBe, uint destinationBe, IpProtocol protocol, uint length)
    {
        uint addresses = ToHostOrder(Fold((ulong)sourceBe + destinationBe));
        return Add(addresses + (uint)protocol, length);
    }

    /// <summary>
    /// The partial sum of the IPv6 pseudo header: source, destination, upper-layer length (32 bits), zeros, next header
    /// (RFC 8200, section 8.1).
    /// </summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">The final destination: that of the routing header when one has segments left.</param>
    /// <param name="protocol">The upper-layer protocol, after any extension headers.</param>
    /// <param name="length">Bytes of the upper-layer header and data, extension headers excluded.</param>
    public static uint PseudoHeaderV6(in IPv6Address source, in IPv6Address destination, IpProtocol protocol, uint length)
    {
        uint addresses = Add(Sum(AsBytes(in source)), Sum(AsBytes(in destination)));
        return Add(addresses + (uint)protocol, length);
    }

    /// <summary>
    /// The checksum to put on the wire for a transport segment: whatever its checksum field holds now counts as zero, and
    /// UDP's and UDP-Lite's zero becomes 0xffff.
    /// </summary>
    /// <param name="pseudoHeader">The pseudo header's partial sum; 0 for ICMP over IPv4, which has none.</param>
    /// <param name="segment">Transport header and data.</param>
    /// <param name="protocol">A protocol for which <see cref="TransportField"/> knows a field.</param>
    /// <exception cref="ArgumentException">The protocol has no Internet checksum, or the segment ends before its field.</exception>
    public static ushort ComputeTransport(uint pseudoHeader, ReadOnlySpan<byte> segment, IpProtocol protocol)
    {
        int field = TransportField(protocol);
        if (field < 0 || segment.Length < field + 2)
            Throw.Argument(nameof(segment), "expected a segment that reaches past its checksum field");
        uint sum = Add(Add(pseudoHeader, Sum(segment[..field])), Sum(segment[(field + 2)..]));
        return protocol is IpProtocol.Udp or IpProtocol.UdpLite ? ForUdp(Finish(sum)) : Finish(sum);
    }

    /// <summary>True when a segment, its checksum field included, agrees with its pseudo header. Knows nothing of UDP's absent checksum.</summary>
    /// <param name="pseudoHeader">The pseudo header's partial sum; 0 for ICMP over IPv4, which has none.</param>
    /// <param name="segment">Transport header and data.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool VerifyTransport(uint pseudoHeader, ReadOnlySpan<byte> segment) =>
        Finish(Add(pseudoHeader, Sum(segment))) == 0;

    /// <summary>Offset of the Internet checksum in the transport header, bytes; -1 when the protocol has none (SCTP has a CRC32C).</summary>
    public static int TransportField(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => 16,
        IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp => 6,
        IpProtocol.Icmp or IpProtocol.IcmpV6 => 2,
        _ => -1,
    };

    private static ReadOnlySpan<byte> AsBytes(in IPv6Address address) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<IPv6Address>(in address));
}
