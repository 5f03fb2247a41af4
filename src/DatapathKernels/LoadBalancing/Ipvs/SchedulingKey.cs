using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// What the hashing schedulers read of a packet, host order. IPv6 addresses are folded to 32 bits by XOR of their words, as
/// everywhere in IPVS; swapping words therefore collides.
/// </summary>
/// <param name="Client">The client's address.</param>
/// <param name="Destination">The virtual service's address.</param>
/// <param name="ClientPort">The client's port; 0 for protocols without ports.</param>
public readonly record struct SchedulingKey(uint Client, uint Destination, ushort ClientPort)
{
    /// <summary>The key of a packet.</summary>
    /// <param name="flow">Its flow.</param>
    /// <param name="inverse">True for a packet quoted in an ICMP error: there the client is the destination.</param>
    public static SchedulingKey Of(in FlowKeyV4 flow, bool inverse = false)
    {
        uint source = Host(flow.SourceBe), destination = Host(flow.DestinationBe);
        return inverse
            ? new(destination, source, PortOf(flow.Protocol, flow.DestinationPort))
            : new(source, destination, PortOf(flow.Protocol, flow.SourcePort));
    }

    /// <inheritdoc cref="Of(in FlowKeyV4, bool)"/>
    public static SchedulingKey Of(in FlowKeyV6 flow, bool inverse = false)
    {
        uint source = Host(Fold(flow.Source)), destination = Host(Fold(flow.Destination));
        return inverse
            ? new(destination, source, PortOf(flow.Protocol, flow.DestinationPort))
            : new(source, destination, PortOf(flow.Protocol, flow.SourcePort));
    }

    /// <summary>The XOR of an address's words, network byte order.</summary>
    internal static uint Fold(in IPv6Address address)
    {
        ReadOnlySpan<uint> words = FlowWords.Of(address);
        return words[0] ^ words[1] ^ words[2] ^ words[3];
    }

    internal static uint Host(uint be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;

    private static ushort PortOf(IpProtocol protocol, ushort port) =>
        protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp ? port : (ushort)0;
}
