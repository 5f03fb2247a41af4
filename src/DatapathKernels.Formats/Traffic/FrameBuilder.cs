using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>
/// Writes one Ethernet frame after another into the same buffer. The data after the headers never changes, so its part
/// of the transport checksum is looked up by length and only the headers are summed.
/// </summary>
internal sealed class FrameBuilder
{
    private const ushort Window = 64_240;

    // Locally administered addresses: from the pod's interface to the node's.
    private static readonly MacAddress Pod = new([0x02, 0, 0, 0, 0, 0x02]);
    private static readonly MacAddress Node = new([0x02, 0, 0, 0, 0, 0x01]);

    private readonly byte[] _frame = new byte[FrameSizes.Largest];
    private readonly byte[] _data = new byte[FrameSizes.Largest];
    private readonly uint[] _dataSums = new uint[FrameSizes.Largest + 1];

    public FrameBuilder()
    {
        for (int i = 0; i < _data.Length; i++)
            _data[i] = (byte)i;

        // Partial sum of the first n bytes of data, for every n.
        for (int n = 1; n < _dataSums.Length; n++)
        {
            uint last = _data[n - 1];
            _dataSums[n] = InternetChecksum.Add(_dataSums[n - 1], (n & 1) == 1 ? last << 8 : last);
        }
    }

    /// <summary>Bytes of the headers of a flow's packets, Ethernet's included.</summary>
    public static int HeaderBytes(bool ipv6, IpProtocol protocol) =>
        EthernetHeader.Size
        + (ipv6 ? Ipv6Header.Size : Ipv4Header.MinSize)
        + (protocol == IpProtocol.Tcp ? TcpHeader.MinSize : UdpHeader.Size);

    /// <summary>Writes an IPv4 packet; the span is valid until the next frame is written.</summary>
    public ReadOnlySpan<byte> Write(scoped in FlowKeyV4 key, int frameBytes, scoped in Segment segment)
    {
        Span<byte> frame = _frame.AsSpan(0, frameBytes);
        int ip = EthernetWriter.Write(frame, Node, Pod, Ipv4Header.EtherType);
        Ipv4Fields fields = new(Host(key.SourceBe), Host(key.DestinationBe), key.Protocol, Id: segment.Identification, DontFragment: true);
        int transport = ip + Ipv4Writer.Write(frame[ip..], fields, frameBytes - ip - Ipv4Header.MinSize);

        uint pseudo = InternetChecksum.PseudoHeaderV4(key.SourceBe, key.DestinationBe, key.Protocol, (uint)(frameBytes - transport));
        WriteTransport(frame[transport..], key.SourcePort, key.DestinationPort, key.Protocol, segment, pseudo);
        return frame;
    }

    /// <summary>Writes an IPv6 packet; the span is valid until the next frame is written.</summary>
    public ReadOnlySpan<byte> Write(scoped in FlowKeyV6 key, int frameBytes, scoped in Segment segment)
    {
        Span<byte> frame = _frame.AsSpan(0, frameBytes);
        int ip = EthernetWriter.Write(frame, Node, Pod, Ipv6Header.EtherType);
        int transport = ip + Ipv6Writer.Write(frame[ip..], new(key.Source, key.Destination, key.Protocol), frameBytes - ip - Ipv6Header.Size);

        uint pseudo = InternetChecksum.PseudoHeaderV6(key.Source, key.Destination, key.Protocol, (uint)(frameBytes - transport));
        WriteTransport(frame[transport..], key.SourcePort, key.DestinationPort, key.Protocol, segment, pseudo);
        return frame;
    }

    /// <summary>The header, then the first bytes of the data; both headers have an even length, so the sums simply add up.</summary>
    private void WriteTransport(
        Span<byte> transport, ushort source, ushort destination, IpProtocol protocol, scoped in Segment segment, uint pseudo)
    {
        int header = protocol == IpProtocol.Tcp
            ? TcpWriter.Write(transport, Tcp(source, destination, segment))
            : UdpWriter.Write(transport, source, destination, transport.Length - UdpHeader.Size);
        int data = transport.Length - header;
        _data.AsSpan(0, data).CopyTo(transport[header..]);

        uint sum = InternetChecksum.Add(InternetChecksum.Add(pseudo, InternetChecksum.Sum(transport[..header])), _dataSums[data]);
        ushort checksum = InternetChecksum.Finish(sum);
        if (protocol == IpProtocol.Udp)
            checksum = InternetChecksum.ForUdp(checksum);
        BinaryPrimitives.WriteUInt16BigEndian(transport[InternetChecksum.TransportField(protocol)..], checksum);
    }

    private static TcpFields Tcp(ushort source, ushort destination, in Segment segment) => new(
        source,
        destination,
        segment.IsSyn ? TcpFlags.Syn : TcpFlags.Ack | TcpFlags.Psh,
        segment.Sequence,
        segment.Acknowledgment,
        Window);

    private static uint Host(uint be) => (uint)IPAddress.NetworkToHostOrder((int)be);

    /// <summary>What changes from packet to packet of a flow.</summary>
    internal readonly record struct Segment(ushort Identification, uint Sequence, uint Acknowledgment, bool IsSyn);
}
