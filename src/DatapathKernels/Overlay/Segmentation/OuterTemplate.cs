using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The headers of a tunnel around the packet that is cut: each segment gets them again, with its own lengths and checksums.</summary>
internal readonly struct OuterTemplate
{
    private readonly NetworkTemplate _network;
    private readonly bool _udp, _hasChecksum;

    /// <summary>UDP's ports and everything from the tunnel header to the inner IP header.</summary>
    private readonly uint _betweenSum;

    /// <param name="frame">The frame.</param>
    /// <param name="outer">What the parse of its outer headers found.</param>
    /// <param name="innerNetworkAt">Offset of the inner IP header, bytes.</param>
    public OuterTemplate(ReadOnlySpan<byte> frame, in PacketInfo outer, int innerNetworkAt)
    {
        bool ipv4 = (outer.Flags & PacketFlags.Ipv4) != 0;
        _network = new NetworkTemplate(frame, outer.L3Offset, outer.L4Offset, ipv4, outer.Protocol, fixedId: false);
        _udp = outer.Protocol == IpProtocol.Udp;
        if (_udp)
        {
            ReadOnlySpan<byte> headers = frame[outer.L4Offset..innerNetworkAt];
            _hasChecksum = BinaryPrimitives.ReadUInt16BigEndian(headers[6..]) != 0;
            _betweenSum = InternetChecksum.Add(InternetChecksum.Sum(headers[..4]), InternetChecksum.Sum(headers[8..]));
        }
    }

    /// <summary>
    /// Writes the lengths and checksums of one segment. The outer checksum covers the payload as well, whose sum the inner one
    /// already needed: it costs a few additions and not another pass.
    /// </summary>
    /// <param name="frame">The segment, its inner headers final; its length is the datagram's end.</param>
    /// <param name="index">Which segment.</param>
    /// <param name="innerSum">The partial sum of everything from the inner IP header on.</param>
    public void Write(Span<byte> frame, int index, uint innerSum)
    {
        _network.Write(frame, index);
        if (!_udp)
            return;
        Span<byte> datagram = frame[_network.TransportAt..];
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        if (!_hasChecksum)
            return;
        uint sum = InternetChecksum.Add(InternetChecksum.Add(_betweenSum, (uint)datagram.Length), innerSum);
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Add(sum, _network.PseudoHeader(datagram.Length)));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], InternetChecksum.ForUdp(checksum));
    }
}
