using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Builds what REJECT answers, as <c>nf_reject_ipv4.c</c> and <c>nf_reject_ipv6.c</c> do: the ICMP error or the TCP reset, as a
/// datagram from its IP header on.
/// </summary>
/// <remarks>
/// A reset comes from the address the packet went to. An error comes from the address that routing picks towards the sender,
/// which the caller knows: it is an argument, and left zero it is the address the packet went to, right when that is the
/// node's own. An error about an IPv4 packet that records its route or asks for timestamps carries them back with an entry of the node's; times are
/// those of <see cref="PacketMeta.NowMs"/>, which should be milliseconds since the start of some day, UT.
/// </remarks>
public static partial class RejectBuilder
{
    /// <summary>The largest answer: an ICMPv6 error.</summary>
    public const int MaxBytes = 1280;

    private const byte UnreachableV4 = 3, UnreachableV6 = 1;
    private const int TcpBytes = 20;

    /// <summary>Builds the answer to a packet.</summary>
    /// <param name="kind">What the rule says; see <see cref="PacketVerdict.Reject"/>.</param>
    /// <param name="frame">The frame, as it is where it was rejected.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="meta">What the node knows of it: its packet type, and by how much it grew.</param>
    /// <param name="source">Who sends an ICMP error: as on the wire, IPv4 in the first four bytes; zero for the packet's destination.</param>
    /// <param name="answer">Room; <see cref="MaxBytes"/> are always enough.</param>
    /// <param name="length">Bytes written; 0 unless the result is <see cref="RejectStatus.Ok"/>.</param>
    public static RejectStatus TryBuild(RejectKind kind, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, in IPv6Address source, Span<byte> answer, out int length)
    {
        length = 0;
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        int datagram = (int)info.L3Length + meta.GrownBytes;
        if (info.L4Offset == 0 || info.L3Offset + (long)datagram > frame.Length || datagram < (ipv4 ? 20 : 40) || !Exists(kind, ipv4))
            return RejectStatus.NotApplicable;
        if ((info.Flags & PacketFlags.NonFirstFragment) != 0)
            return RejectStatus.Fragment;
        ReadOnlySpan<byte> packet = frame.Slice(info.L3Offset, datagram);
        if (!IsUnicast(packet, ipv4, meta.Type))
            return RejectStatus.NotUnicast;
        RejectStatus status = kind == RejectKind.TcpReset ? CheckReset(frame, info) : CheckError(frame, info, ipv4);
        if (status != RejectStatus.Ok)
            return status;
        if ((info.Flags & PacketFlags.Fragment) == 0 && meta.GrownBytes == 0 && info.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Icmp or IpProtocol.IcmpV6
            && PacketChecksums.VerifyTransport(frame, info) is ChecksumVerdict.Invalid or ChecksumVerdict.IllegalZero or ChecksumVerdict.NotWhole)
        {
            return RejectStatus.BadChecksum;
        }

        if (ipv4 && packet[0] != 0x45)
        {
            Span<byte> header = stackalloc byte[HeaderV4 + MostOptions];
            header = header[..(info.L4Offset - info.L3Offset)];
            uint ownBe = OwnOf(source, packet);
            status = CheckOptions(packet, info.Protocol, ownBe, meta, header);
            if (status != RejectStatus.Ok)
                return status;
            if (kind != RejectKind.TcpReset)
            {
                length = WriteErrorWithOptions(kind, packet, header, ownBe, meta, answer);
                return length == 0 ? RejectStatus.NoRoom : RejectStatus.Ok;
            }
        }

        length = kind == RejectKind.TcpReset
            ? WriteReset(packet, info.L4Offset - info.L3Offset, ipv4, answer)
            : WriteError(kind, frame, info, packet, ipv4, source, answer);
        return length == 0 ? RejectStatus.NoRoom : RejectStatus.Ok;
    }

    private static bool Exists(RejectKind kind, bool ipv4) => kind switch
    {
        RejectKind.None => false,
        RejectKind.TcpReset => true,
        _ => kind < RejectKind.TcpReset == ipv4,
    };

    /// <summary>The code of the error.</summary>
    private static byte CodeOf(RejectKind kind) => kind switch
    {
        RejectKind.NetUnreachable or RejectKind.V6NoRoute => 0,
        RejectKind.HostUnreachable or RejectKind.V6AdminProhibited => 1,
        RejectKind.ProtocolUnreachable => 2,
        RejectKind.PortUnreachable or RejectKind.V6AddressUnreachable => 3,
        RejectKind.V6PortUnreachable => 4,
        RejectKind.V6PolicyFail => 5,
        RejectKind.V6RejectRoute => 6,
        RejectKind.NetProhibited => 9,
        RejectKind.HostProhibited => 10,
        _ => 13,
    };

    private static bool IsUnicast(ReadOnlySpan<byte> packet, bool ipv4, PacketType type)
    {
        if (type != PacketType.Host)
            return false;
        if (ipv4)
            return packet[16] >> 4 != 14 && packet[12] >> 4 < 14 && BinaryPrimitives.ReadUInt32BigEndian(packet[16..]) != uint.MaxValue && packet[12] != 0;
        return packet[24] != 0xff && packet[8] != 0xff && packet.Slice(8, 16).ContainsAnyExcept((byte)0);
    }

    private static RejectStatus CheckReset(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (info.Protocol != IpProtocol.Tcp || info.L4Length < TcpBytes)
            return RejectStatus.NotTcp;
        return (frame[info.L4Offset + 13] & (byte)TcpFlags.Rst) != 0 ? RejectStatus.Reset : RejectStatus.Ok;
    }

    private static RejectStatus CheckError(ReadOnlySpan<byte> frame, in PacketInfo info, bool ipv4)
    {
        if (info.Protocol != (ipv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6))
            return RejectStatus.Ok;
        if (info.L4Length == 0)
            return RejectStatus.IcmpError;
        byte type = frame[info.L4Offset];
        bool error = ipv4 ? QuotedPacketParser.IsIcmpError(type) || type > 18 : QuotedPacketParser.IsIcmpV6Error(type);
        return error ? RejectStatus.IcmpError : RejectStatus.Ok;
    }

    private static int WriteError(RejectKind kind, ReadOnlySpan<byte> frame, in PacketInfo info, ReadOnlySpan<byte> packet, bool ipv4, in IPv6Address source, Span<byte> answer)
    {
        IPv6Address from = source != default ? source
            : ipv4 ? IPv6Address.OfV4(MemoryMarshal.Read<uint>(packet[16..])) : new IPv6Address(packet[24..]);
        return IcmpErrorWriter.Write(frame, info, packet.Length, ipv4 ? UnreachableV4 : UnreachableV6, CodeOf(kind), 0, from, answer);
    }

    /// <summary>
    /// RFC 793, page 36: a segment with ACK is answered at its acknowledgment number; any other at zero, and acknowledged whole.
    /// </summary>
    private static int WriteReset(ReadOnlySpan<byte> packet, int headers, bool ipv4, Span<byte> answer)
    {
        int header = ipv4 ? 20 : 40;
        if (answer.Length < header + TcpBytes)
            return 0;
        ReadOnlySpan<byte> segment = packet[headers..];
        TcpFlags flags = (TcpFlags)segment[13];
        bool acknowledges = (flags & TcpFlags.Ack) != 0;
        uint marks = ((flags & TcpFlags.Syn) != 0 ? 1u : 0) + ((flags & TcpFlags.Fin) != 0 ? 1u : 0);
        uint end = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + marks + (uint)(segment.Length - ((segment[12] >> 4) * 4));
        TcpFields tcp = new()
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(segment),
            Sequence = acknowledges ? BinaryPrimitives.ReadUInt32BigEndian(segment[8..]) : 0,
            Acknowledgment = acknowledges ? 0 : end,
            Flags = acknowledges ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
        };
        Span<byte> made = answer.Slice(header, TcpBytes);
        TcpWriter.Write(made, tcp);
        uint pseudo = ipv4 ? WriteHeaderV4(packet, answer) : WriteHeaderV6(packet, answer);
        BinaryPrimitives.WriteUInt16BigEndian(made[16..], InternetChecksum.ComputeTransport(pseudo, made, IpProtocol.Tcp));
        return header + TcpBytes;
    }

    private static uint WriteHeaderV4(ReadOnlySpan<byte> packet, Span<byte> answer)
    {
        Ipv4Fields ip = new()
        {
            DontFragment = true,
            Ttl = 64,
            Protocol = IpProtocol.Tcp,
            Source = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]),
            Destination = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]),
        };
        Ipv4Writer.Write(answer, ip, TcpBytes);
        return InternetChecksum.PseudoHeaderV4(MemoryMarshal.Read<uint>(packet[16..]), MemoryMarshal.Read<uint>(packet[12..]), IpProtocol.Tcp, TcpBytes);
    }

    private static uint WriteHeaderV6(ReadOnlySpan<byte> packet, Span<byte> answer)
    {
        IPv6Address from = new(packet[24..]), to = new(packet[8..]);
        Ipv6Writer.Write(answer, new Ipv6Fields { NextHeader = IpProtocol.Tcp, HopLimit = 64, Source = from, Destination = to }, TcpBytes);
        return InternetChecksum.PseudoHeaderV6(from, to, IpProtocol.Tcp, TcpBytes);
    }
}
