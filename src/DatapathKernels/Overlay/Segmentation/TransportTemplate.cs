using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// A TCP or UDP header that many segments share, with what is the same in all of them already summed: a TCP segment adds its
/// sequence number and flags, a UDP datagram its length.
/// </summary>
internal readonly struct TransportTemplate
{
    private const TcpFlags LastOnly = TcpFlags.Fin | TcpFlags.Psh, FirstOnly = TcpFlags.Cwr;

    private readonly bool _tcp;
    private readonly bool _hasChecksum;
    private readonly TcpFlags _flags;
    private readonly uint _sequence;

    /// <summary>TCP: the header with sequence number, flags and checksum zero. UDP: the ports.</summary>
    private readonly uint _headerSum;

    /// <param name="frame">The frame.</param>
    /// <param name="at">Offset of the header, bytes.</param>
    /// <param name="protocol">TCP or UDP.</param>
    public TransportTemplate(ReadOnlySpan<byte> frame, int at, IpProtocol protocol)
    {
        At = at;
        _tcp = protocol == IpProtocol.Tcp;
        ReadOnlySpan<byte> header = frame[at..];
        if (_tcp)
        {
            HeaderBytes = (header[12] >> 4) * 4;
            _sequence = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
            _flags = (TcpFlags)header[13];
            _hasChecksum = true;
            uint offset = (uint)header[12] << 8;
            uint rest = InternetChecksum.Add(InternetChecksum.Sum(header[..4]), InternetChecksum.Sum(header[8..12]));
            _headerSum = InternetChecksum.Add(rest, InternetChecksum.Add(offset, InternetChecksum.Add(InternetChecksum.Sum(header[14..16]), InternetChecksum.Sum(header[18..HeaderBytes]))));
        }
        else
        {
            HeaderBytes = 8;
            _hasChecksum = BinaryPrimitives.ReadUInt16BigEndian(header[6..]) != 0;
            _headerSum = InternetChecksum.Sum(header[..4]);
        }
    }

    /// <summary>Offset of the header, bytes.</summary>
    public int At { get; }

    /// <summary>Bytes of the header, TCP options included.</summary>
    public int HeaderBytes { get; }

    /// <summary>
    /// The flags of one segment: FIN and PSH speak of the end of the data, CWR of a single event, the rest of every segment
    /// (the kernel's <c>tcp_gso_segment</c>).
    /// </summary>
    public static TcpFlags FlagsOf(TcpFlags flags, bool first, bool last) =>
        flags & ~(last ? TcpFlags.None : LastOnly) & ~(first ? TcpFlags.None : FirstOnly);

    /// <summary>Writes what is the segment's own, checksum included.</summary>
    /// <param name="frame">The segment, its headers copied; its length is the datagram's end.</param>
    /// <param name="offset">Where its payload stands in the whole, bytes.</param>
    /// <param name="last">It is the last.</param>
    /// <param name="payloadSum">The partial sum of its payload.</param>
    /// <param name="pseudoHeader">The partial sum of its pseudo header.</param>
    /// <returns>The partial sum of header and payload as they are now.</returns>
    public uint Write(Span<byte> frame, int offset, bool last, uint payloadSum, uint pseudoHeader)
    {
        Span<byte> segment = frame[At..];
        uint sum = InternetChecksum.Add(_headerSum, payloadSum);
        sum = InternetChecksum.Add(sum, _tcp ? WriteTcp(segment, offset, last) : WriteUdp(segment));
        ushort checksum = 0;
        if (_hasChecksum)
        {
            checksum = InternetChecksum.Finish(InternetChecksum.Add(sum, pseudoHeader));
            if (!_tcp)
                checksum = InternetChecksum.ForUdp(checksum);
        }

        BinaryPrimitives.WriteUInt16BigEndian(segment[(_tcp ? 16 : 6)..], checksum);
        return InternetChecksum.Add(sum, checksum);
    }

    private uint WriteTcp(Span<byte> segment, int offset, bool last)
    {
        uint sequence = _sequence + (uint)offset;
        TcpFlags flags = FlagsOf(_flags, offset == 0, last);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        segment[13] = (byte)flags;
        return (sequence >> 16) + (ushort)sequence + (uint)flags;
    }

    private static uint WriteUdp(Span<byte> segment)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)segment.Length);
        return (uint)segment.Length;
    }
}
