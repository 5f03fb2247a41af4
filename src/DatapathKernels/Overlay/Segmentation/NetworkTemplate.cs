using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// An IP header that many segments share, with what is the same in all of them already summed: a segment adds its length and
/// identification.
/// </summary>
internal readonly struct NetworkTemplate
{
    private readonly bool _ipv4;
    private readonly bool _fixedId;
    private readonly ushort _firstId;

    /// <summary>IPv4: the header with length, identification and checksum zero. IPv6: all headers, length zero.</summary>
    private readonly uint _headerSum;

    /// <summary>The pseudo header, length zero.</summary>
    private readonly uint _pseudoSum;

    /// <param name="frame">The frame.</param>
    /// <param name="at">Offset of the IP header, bytes.</param>
    /// <param name="transportAt">Offset of what it carries, bytes, behind options or extension headers.</param>
    /// <param name="ipv4">The family.</param>
    /// <param name="protocol">What it carries.</param>
    /// <param name="fixedId">The identification stays.</param>
    public NetworkTemplate(ReadOnlySpan<byte> frame, int at, int transportAt, bool ipv4, IpProtocol protocol, bool fixedId)
    {
        At = at;
        TransportAt = transportAt;
        _ipv4 = ipv4;
        _fixedId = fixedId;
        ReadOnlySpan<byte> headers = frame[at..transportAt];
        if (ipv4)
        {
            _firstId = BinaryPrimitives.ReadUInt16BigEndian(headers[4..]);
            uint rest = InternetChecksum.Add(InternetChecksum.Sum(headers[..2]), InternetChecksum.Sum(headers[6..10]));
            _headerSum = InternetChecksum.Add(rest, InternetChecksum.Sum(headers[12..]));
            _pseudoSum = InternetChecksum.PseudoHeaderV4(MemoryMarshal.Read<uint>(headers[12..]), MemoryMarshal.Read<uint>(headers[16..]), protocol, 0);
        }
        else
        {
            _headerSum = InternetChecksum.Add(InternetChecksum.Sum(headers[..4]), InternetChecksum.Sum(headers[6..]));
            _pseudoSum = InternetChecksum.PseudoHeaderV6(new IPv6Address(headers[8..]), Ipv6FinalDestination.Of(headers), protocol, 0);
        }
    }

    /// <summary>Offset of the IP header, bytes.</summary>
    public int At { get; }

    /// <summary>Offset of what it carries, bytes.</summary>
    public int TransportAt { get; }

    /// <summary>The pseudo header's partial sum for a transport segment of some length.</summary>
    public uint PseudoHeader(int transportBytes) => InternetChecksum.Add(_pseudoSum, (uint)transportBytes);

    /// <summary>Writes length, identification and checksum of one segment.</summary>
    /// <param name="frame">The segment, its headers copied; its length is the datagram's end.</param>
    /// <param name="index">Which segment.</param>
    /// <returns>The partial sum of the headers as they are now, up to the transport header.</returns>
    public uint Write(Span<byte> frame, int index)
    {
        Span<byte> header = frame[At..];
        if (!_ipv4)
        {
            int payload = header.Length - 40;
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)payload);
            return InternetChecksum.Add(_headerSum, (uint)payload);
        }

        ushort id = _fixedId ? _firstId : (ushort)(_firstId + index);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)header.Length);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], id);
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Add(_headerSum, (uint)header.Length + id));
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], checksum);
        // A header with its checksum sums to 0xffff, whatever it says.
        return 0xffff;
    }
}
