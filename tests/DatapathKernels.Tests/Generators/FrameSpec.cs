using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Generators;

/// <summary>
/// A frame in words; <see cref="ToBytes"/> writes it with the project's writers, lengths and checksums right. The defaults
/// are a TCP SYN over IPv4 and Ethernet.
/// </summary>
public sealed record FrameSpec
{
    public LinkType Link { get; init; } = LinkType.Ethernet;

    /// <summary>VLAN ids, outermost first; all but the last are 802.1ad tags.</summary>
    public ushort[] Vlans { get; init; } = [];

    public string Source { get; init; } = "10.0.0.1";

    public string Destination { get; init; } = "10.96.0.10";

    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    public ushort SourcePort { get; init; } = 40_000;

    public ushort DestinationPort { get; init; } = 80;

    public byte[] Payload { get; init; } = [];

    public byte Ttl { get; init; } = 64;

    public ushort Id { get; init; } = 0x1234;

    public byte Tos { get; init; }

    public bool DontFragment { get; init; }

    public bool MoreFragments { get; init; }

    public ushort FragmentOffset { get; init; }

    /// <summary>IPv4 options.</summary>
    public byte[] Options { get; init; } = [];

    /// <summary>IPv6 extension headers in order, each with the data after its length byte (for a fragment header: none).</summary>
    public (IpProtocol Type, byte[] Data)[] Extensions { get; init; } = [];

    public TcpFlags TcpFlags { get; init; } = TcpFlags.Syn;

    public byte[] TcpOptions { get; init; } = [];

    public uint Sequence { get; init; } = 1000;

    public byte IcmpType { get; init; } = 8;

    public byte IcmpCode { get; init; }

    /// <summary>The four bytes of an ICMP header that depend on its type: for an echo, identifier and sequence.</summary>
    public uint IcmpRest { get; init; } = 0x0007_0001;

    /// <summary>Bytes of Ethernet padding after the datagram.</summary>
    public int Padding { get; init; }

    public bool IsIpv6 => Source.Contains(':', StringComparison.Ordinal);

    public int L3Offset => LinkBytes + (4 * Vlans.Length);

    private int LinkBytes => Link switch
    {
        LinkType.Ethernet => EthernetHeader.Size,
        LinkType.LinuxSll => LinuxSllHeader.Size,
        LinkType.LinuxSll2 => LinuxSll2Header.Size,
        LinkType.Null or LinkType.Loop => LoopbackHeader.Size,
        _ => 0,
    };

    /// <summary>The IPv4 address of <paramref name="text"/>, host order.</summary>
    public static uint Ipv4(string text)
    {
        byte[] b = IPAddress.Parse(text).GetAddressBytes();
        return (uint)b[0] << 24 | (uint)b[1] << 16 | (uint)b[2] << 8 | b[3];
    }

    public static IPv6Address Ipv6(string text) => new(IPAddress.Parse(text).GetAddressBytes());

    public byte[] ToBytes()
    {
        byte[] transport = Transport();
        byte[] network = IsIpv6 ? Network6(transport) : Network4(transport);
        byte[] frame = new byte[L3Offset + network.Length + Padding];
        WriteLink(frame);
        network.CopyTo(frame, L3Offset);
        if (FlowParser.Parse(frame, Link, 0, out _, out _, out PacketInfo info) == ParseStatus.Ok && !MoreFragments)
            PacketChecksums.Write(frame, info);
        return frame;
    }

    private void WriteLink(Span<byte> frame)
    {
        ushort ip = IsIpv6 ? Ipv6Header.EtherType : Ipv4Header.EtherType;
        ushort first = Vlans.Length == 0 ? ip : TagType(0);
        switch (Link)
        {
            case LinkType.Ethernet:
                EthernetWriter.Write(frame, new MacAddress([2, 0, 0, 0, 0, 2]), new MacAddress([2, 0, 0, 0, 0, 1]), first);
                break;
            case LinkType.LinuxSll:
                LinkWriter.WriteSll(frame, 0, 1, [2, 0, 0, 0, 0, 1], first);
                break;
            case LinkType.LinuxSll2:
                LinkWriter.WriteSll2(frame, 0, 1, 3, [2, 0, 0, 0, 0, 1], first);
                break;
            case LinkType.Null or LinkType.Loop:
                LinkWriter.WriteLoopback(frame, IsIpv6 ? 10u : 2u, Link == LinkType.Loop);
                break;
        }

        for (int i = 0; i < Vlans.Length; i++)
            VlanWriter.Write(frame[(LinkBytes + (4 * i))..], VlanWriter.Tci(Vlans[i]), i + 1 < Vlans.Length ? TagType(i + 1) : ip);
    }

    private ushort TagType(int index) => index == Vlans.Length - 1 ? VlanTag.Dot1Q : VlanTag.Dot1Ad;

    private byte[] Network4(byte[] transport)
    {
        byte[] packet = new byte[Ipv4Header.MaxSize + transport.Length];
        Ipv4Fields fields = new(Ipv4(Source), Ipv4(Destination), Protocol, Ttl, Id, Tos, DontFragment, MoreFragments, FragmentOffset);
        int bytes = Ipv4Writer.Write(packet, fields, transport.Length, Options);
        transport.CopyTo(packet, bytes);
        return packet[..(bytes + transport.Length)];
    }

    private byte[] Network6(byte[] transport)
    {
        IpProtocol next = Protocol;
        byte[] payload = transport;
        foreach ((IpProtocol type, byte[] data) in Extensions.Reverse())
        {
            byte[] header = new byte[8 + data.Length + 8];
            int bytes = type == IpProtocol.Fragment
                ? Ipv6Writer.WriteFragment(header, next, FragmentOffset, MoreFragments, Id)
                : Ipv6Writer.WriteExtension(header, type, next, data);
            payload = [.. header[..bytes], .. payload];
            next = type;
        }

        byte[] packet = new byte[Ipv6Header.Size + payload.Length];
        Ipv6Writer.Write(packet, new Ipv6Fields(Ipv6(Source), Ipv6(Destination), next, Ttl, Tos), payload.Length);
        payload.CopyTo(packet, Ipv6Header.Size);
        return packet;
    }

    private byte[] Transport()
    {
        if (FragmentOffset != 0)
            return Payload;
        byte[] header = new byte[TcpHeader.MaxSize];
        int bytes = Protocol switch
        {
            IpProtocol.Tcp => TcpWriter.Write(header, new TcpFields(SourcePort, DestinationPort, TcpFlags, Sequence), TcpOptions),
            IpProtocol.Udp => UdpWriter.Write(header, SourcePort, DestinationPort, Payload.Length),
            IpProtocol.Sctp => SctpWriter.Write(header, SourcePort, DestinationPort, 7),
            IpProtocol.Icmp => IcmpWriter.Write(header, (IcmpType)IcmpType, IcmpCode, IcmpRest),
            IpProtocol.IcmpV6 => IcmpWriter.Write(header, (Icmpv6Type)IcmpType, IcmpCode, IcmpRest),
            _ => 0,
        };
        return [.. header[..bytes], .. Payload];
    }
}
