using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>
/// Writes one Ethernet frame after another into the same buffer. The data after the headers never changes, so its part
/// of the transport checksum is looked up by length and only the headers are summed.
/// </summary>
internal sealed class FrameBuilder
{
    public const int EthernetBytes = 14;
    public const int Ipv4Bytes = 20;
    public const int Ipv6Bytes = 40;
    public const int TcpBytes = 20;
    public const int UdpBytes = 8;

    private const byte Ttl = 64;
    private const ushort DontFragment = 0x4000;
    private const ushort Window = 64_240;

    private readonly byte[] _frame = new byte[FrameSizes.Largest];
    private readonly byte[] _data = new byte[FrameSizes.Largest];
    private readonly uint[] _dataSums = new uint[FrameSizes.Largest + 1];

    public FrameBuilder()
    {
        // Locally administered addresses: from the pod's interface to the node's.
        ReadOnlySpan<byte> ethernet = [0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02];
        ethernet.CopyTo(_frame);
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
        EthernetBytes + (ipv6 ? Ipv6Bytes : Ipv4Bytes) + (protocol == IpProtocol.Tcp ? TcpBytes : UdpBytes);

    /// <summary>Writes an IPv4 packet; the span is valid until the next frame is written.</summary>
    public ReadOnlySpan<byte> Write(scoped in FlowKeyV4 key, int frameBytes, scoped in Segment segment)
    {
        Span<byte> frame = _frame.AsSpan(0, frameBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x0800);
        Span<byte> ip = frame.Slice(EthernetBytes, Ipv4Bytes);
        uint address = key.SourceBe, destination = key.DestinationBe;
        BinaryPrimitives.WriteUInt16BigEndian(ip, 0x4500);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frameBytes - EthernetBytes));
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], segment.Identification);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], DontFragment);
        ip[8] = Ttl;
        ip[9] = (byte)key.Protocol;
        ip[10] = 0;
        ip[11] = 0;
        MemoryMarshal.Write(ip[12..], address);
        MemoryMarshal.Write(ip[16..], destination);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip));

        Span<byte> transport = frame[(EthernetBytes + Ipv4Bytes)..];
        uint pseudo = InternetChecksum.PseudoHeaderV4(address, destination, key.Protocol, (uint)transport.Length);
        WriteTransport(transport, key.SourcePort, key.DestinationPort, key.Protocol, segment, pseudo);
        return frame;
    }

    /// <summary>Writes an IPv6 packet; the span is valid until the next frame is written.</summary>
    public ReadOnlySpan<byte> Write(scoped in FlowKeyV6 key, int frameBytes, scoped in Segment segment)
    {
        Span<byte> frame = _frame.AsSpan(0, frameBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x86dd);
        Span<byte> ip = frame.Slice(EthernetBytes, Ipv6Bytes);
        Span<byte> transport = frame[(EthernetBytes + Ipv6Bytes)..];
        BinaryPrimitives.WriteUInt32BigEndian(ip, 0x6000_0000);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)transport.Length);
        ip[6] = (byte)key.Protocol;
        ip[7] = Ttl;
        key.Source.CopyTo(ip[8..]);
        key.Destination.CopyTo(ip[24..]);

        uint pseudo = InternetChecksum.PseudoHeaderV6(key.Source, key.Destination, key.Protocol, (uint)transport.Length);
        WriteTransport(transport, key.SourcePort, key.DestinationPort, key.Protocol, segment, pseudo);
        return frame;
    }

    /// <summary>The header, then the first bytes of the data; both headers have an even length, so the sums simply add up.</summary>
    private void WriteTransport(Span<byte> transport, ushort source, ushort destination, IpProtocol protocol, in Segment segment, uint pseudo)
    {
        BinaryPrimitives.WriteUInt16BigEndian(transport, source);
        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], destination);
        int header, field;
        if (protocol == IpProtocol.Tcp)
        {
            (header, field) = (TcpBytes, 16);
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], segment.Sequence);
            BinaryPrimitives.WriteUInt32BigEndian(transport[8..], segment.Acknowledgement);
            transport[12] = TcpBytes / 4 << 4;
            transport[13] = segment.IsSyn ? (byte)0x02 : (byte)0x18;
            BinaryPrimitives.WriteUInt16BigEndian(transport[14..], Window);
            BinaryPrimitives.WriteUInt32BigEndian(transport[16..], 0);
        }
        else
        {
            (header, field) = (UdpBytes, 6);
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
            BinaryPrimitives.WriteUInt16BigEndian(transport[6..], 0);
        }

        int data = transport.Length - header;
        _data.AsSpan(0, data).CopyTo(transport[header..]);
        uint sum = InternetChecksum.Add(InternetChecksum.Add(pseudo, InternetChecksum.Sum(transport[..header])), _dataSums[data]);
        ushort checksum = InternetChecksum.Finish(sum);
        if (protocol == IpProtocol.Udp)
            checksum = InternetChecksum.ForUdp(checksum);
        BinaryPrimitives.WriteUInt16BigEndian(transport[field..], checksum);
    }

    /// <summary>What changes from packet to packet of a flow.</summary>
    internal readonly record struct Segment(ushort Identification, uint Sequence, uint Acknowledgement, bool IsSyn);
}
