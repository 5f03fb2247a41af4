using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>One direction of a connection, as matches compare it: addresses as numbers (see <see cref="IpNetwork"/>), ports in host order.</summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="SourcePort">Source port; for ICMP the identifier.</param>
/// <param name="DestinationPort">Destination port; for ICMP type (high byte) and code.</param>
public readonly record struct ConnectionTuple(UInt128 Source, UInt128 Destination, ushort SourcePort, ushort DestinationPort)
{
    /// <summary>The tuple of a flow key.</summary>
    public static ConnectionTuple From(in FlowKeyV4 key) => new(
        BinaryPrimitives.ReverseEndianness(key.SourceBe), BinaryPrimitives.ReverseEndianness(key.DestinationBe), key.SourcePort, key.DestinationPort);

    /// <summary>The tuple of a flow key.</summary>
    public static ConnectionTuple From(in FlowKeyV6 key) => new(IPv6Address.NumberOf(key.Source), IPv6Address.NumberOf(key.Destination), key.SourcePort, key.DestinationPort);
}
