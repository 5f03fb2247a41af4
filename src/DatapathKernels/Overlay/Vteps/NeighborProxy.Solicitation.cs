using System.Buffers.Binary;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Neighbour solicitations and advertisements (RFC 4861, sections 4.3 and 4.4): ICMPv6 header, four bytes of flags, the target, options.
/// </summary>
public sealed partial class NeighborProxy
{
    /// <summary>Bytes of the longest answer: an advertisement with the target's MAC address.</summary>
    public const int MostReplyBytes = EthernetHeader.Size + Ipv6Header.Size + AdvertisementBytes;

    private const int MessageBytes = 24, AdvertisementBytes = MessageBytes + OptionBytes, OptionBytes = 8;
    private const byte Solicitation = 135, Advertisement = 136, SourceMacOption = 1, TargetMacOption = 2, MostHops = 255;
    private const byte RouterFlag = 0x80, SolicitedFlag = 0x40, OverrideFlag = 0x20;

    private NeighborStatus AnswerSolicitation(uint vni, ReadOnlySpan<byte> frame, Span<byte> reply, out int bytes)
    {
        bytes = 0;
        NeighborStatus status = Read(frame, out ReadOnlySpan<byte> packet, out MacAddress? option);
        if (status != NeighborStatus.Answered)
            return status;
        IPv6Address sender = new(packet[8..]), target = new(packet[(Ipv6Header.Size + 8)..]);
        MacAddress mac = option ?? new MacAddress(frame[MacAddress.Size..]);
        bool isProbe = sender == default;
        if (Learns && !isProbe && !mac.IsMulticast)
            Set(vni, sender, mac);
        if (_neighbors.Lookup(KeyV6(vni, target), out NeighborEntry found) != MapError.Ok)
            return NeighborStatus.Unknown;
        if (found.Mac == mac || reply.Length < MostReplyBytes)
            return NeighborStatus.NoAnswer;
        bytes = isProbe ? WriteToAll(reply, target, found) : WriteTo(reply, mac, sender, target, found, SolicitedFlag);
        return NeighborStatus.Answered;
    }

    /// <summary>What RFC 4861, section 7.1.1 asks of a solicitation.</summary>
    private static NeighborStatus Read(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> packet, out MacAddress? option)
    {
        packet = frame[EthernetHeader.Size..];
        option = null;
        if (packet.Length < Ipv6Header.Size + 1 || packet[0] >> 4 != 6 || packet[6] != (byte)IpProtocol.IcmpV6 || packet[Ipv6Header.Size] != Solicitation)
            return NeighborStatus.NotARequest;
        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (length < MessageBytes || packet.Length < Ipv6Header.Size + length)
            return NeighborStatus.Malformed;
        packet = packet[..(Ipv6Header.Size + length)];
        ReadOnlySpan<byte> message = packet[Ipv6Header.Size..];
        if (packet[7] != MostHops || message[1] != 0 || !TryReadOptions(message[MessageBytes..], out option))
            return NeighborStatus.Malformed;
        if (!InternetChecksum.VerifyTransport(OuterPacket.Pseudo(packet, true, IpProtocol.IcmpV6, (uint)length), message))
            return NeighborStatus.BadChecksum;
        if (new IPv6Address(packet[8..]) == default && (option is not null || packet[24] != 0xff))
            return NeighborStatus.Malformed;
        ReadOnlySpan<byte> target = message[8..MessageBytes];
        return target[0] == 0xff || IsLoopbackOrNone(target) ? NeighborStatus.BadTarget : NeighborStatus.Answered;
    }

    private static bool IsLoopbackOrNone(ReadOnlySpan<byte> address) => address[..15].IndexOfAnyExcept((byte)0) < 0 && address[15] <= 1;

    /// <summary>False when an option has no length or reaches beyond the end.</summary>
    private static bool TryReadOptions(ReadOnlySpan<byte> options, out MacAddress? source)
    {
        source = null;
        while (!options.IsEmpty)
        {
            if (options.Length < 2 || options[1] == 0 || options[1] * 8 > options.Length)
                return false;
            if (options[0] == SourceMacOption)
                source = new MacAddress(options[2..]);
            options = options[(options[1] * 8)..];
        }

        return true;
    }

    /// <summary>The answer to a sender that has no address yet and asks whether its own is free: to all nodes, not solicited (section 7.2.4).</summary>
    private static int WriteToAll(Span<byte> reply, in IPv6Address target, in NeighborEntry found) =>
        WriteTo(reply, new MacAddress([0x33, 0x33, 0, 0, 0, 1]), new IPv6Address([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), target, found, 0);

    private static int WriteTo(Span<byte> reply, MacAddress mac, in IPv6Address to, in IPv6Address target, in NeighborEntry found, byte flags)
    {
        EthernetWriter.Write(reply, mac, found.Mac, Ipv6Header.EtherType);
        Span<byte> packet = reply[EthernetHeader.Size..MostReplyBytes];
        Ipv6Writer.Write(packet, new Ipv6Fields { NextHeader = IpProtocol.IcmpV6, HopLimit = MostHops, Source = target, Destination = to }, AdvertisementBytes);
        Span<byte> message = packet[Ipv6Header.Size..];
        message.Clear();
        message[0] = Advertisement;
        message[4] = (byte)(flags | OverrideFlag | (found.IsRouter ? RouterFlag : 0));
        target.CopyTo(message[8..]);
        message[MessageBytes] = TargetMacOption;
        message[MessageBytes + 1] = OptionBytes / 8;
        found.Mac.CopyTo(message[(MessageBytes + 2)..]);
        uint pseudo = OuterPacket.Pseudo(packet, true, IpProtocol.IcmpV6, AdvertisementBytes);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.ComputeTransport(pseudo, message, IpProtocol.IcmpV6));
        return MostReplyBytes;
    }
}
