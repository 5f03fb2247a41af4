using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What Katran makes a tunnel's source of, so that routers and receive queues tell clients apart.</summary>
/// <param name="Client">The client's address as on the wire, IPv4 in the first four bytes; zero where Katran hashes destination ports only.</param>
/// <param name="IsV6">The family of that address.</param>
/// <param name="SourcePort">The client's port, host order.</param>
public readonly record struct KatranFlow(IPv6Address Client, bool IsV6, ushort SourcePort)
{
    /// <summary>The flow of a TCP or UDP packet; of an ICMP error, the flow of the packet that its quote answers.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="flow">The flow.</param>
    /// <returns>False for anything else.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, in PacketInfo info, out KatranFlow flow)
    {
        flow = default;
        if ((info.Flags & PacketFlags.Transport) == 0)
            return false;
        if (info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
            return TryReadQuote(frame, info, out flow);
        if (info.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
            return false;
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0;
        flow = new KatranFlow(AddressAt(frame, info.L3Offset + (v6 ? 8 : 12), v6), v6, BinaryPrimitives.ReadUInt16BigEndian(frame[info.L4Offset..]));
        return true;
    }

    /// <summary>The UDP source port of GUE over IPv4, and the last two bytes of an IPv4 tunnel's source: the port with its bytes exchanged, and the last bytes of the address.</summary>
    internal ushort SuffixV4 => (ushort)(BinaryPrimitives.ReverseEndianness(SourcePort) ^ (ushort)ClientWord);

    /// <summary>The last four bytes of an IPv6 tunnel's source.</summary>
    internal uint SuffixV6 => ClientWord ^ ((uint)SourcePort << 16);

    /// <summary>The UDP source port of GUE over IPv6. Of an IPv6 client Katran takes the last address bytes but two.</summary>
    internal ushort GuePortV6 => (ushort)(SourcePort ^ (IsV6 ? ClientWord >> 16 : ClientWord));

    /// <summary>The last four bytes of the client's address.</summary>
    private uint ClientWord
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Client.CopyTo(bytes);
            return BinaryPrimitives.ReadUInt32BigEndian(bytes[(IsV6 ? 12 : 0)..]);
        }
    }

    /// <summary>The quote was sent to the client, so its destination is the client's end.</summary>
    private static bool TryReadQuote(ReadOnlySpan<byte> frame, in PacketInfo info, out KatranFlow flow)
    {
        flow = default;
        ParseStatus status = QuotedPacketParser.Parse(frame, info, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quote);
        if (status != ParseStatus.Ok || quote.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || quote.L4Length < TransportFields.QuotedBytes)
            return false;
        flow = (quote.Flags & PacketFlags.Ipv6) != 0
            ? new KatranFlow(v6.Destination, true, v6.DestinationPort)
            : new KatranFlow(IPv6Address.OfV4(v4.DestinationBe), false, v4.DestinationPort);
        return true;
    }

    private static IPv6Address AddressAt(ReadOnlySpan<byte> frame, int at, bool v6) =>
        v6 ? new IPv6Address(frame[at..]) : IPv6Address.OfV4(System.Runtime.InteropServices.MemoryMarshal.Read<uint>(frame[at..]));
}
