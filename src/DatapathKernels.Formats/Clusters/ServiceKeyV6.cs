using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// What an IPv6 service lookup is keyed by, 20 bytes: destination address and port as they stand on the wire, and protocol.
/// <code>
///  0         16      18      19  20
///  | address | port  | proto | 0 |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 20)]
public readonly struct ServiceKeyV6 : IEquatable<ServiceKeyV6>
{
    /// <summary>Service address.</summary>
    public readonly IPv6Address Address;

    /// <summary>Service port, network byte order.</summary>
    public readonly ushort PortBe;

    /// <summary>IP protocol.</summary>
    public readonly IpProtocol Protocol;

    private readonly byte _reserved;

    /// <summary>Makes a key from raw network-order values.</summary>
    public ServiceKeyV6(IPv6Address address, ushort portBe, IpProtocol protocol)
    {
        Address = address;
        PortBe = portBe;
        Protocol = protocol;
        _reserved = 0;
    }

    /// <summary>Service port, host order.</summary>
    public ushort Port => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(PortBe) : PortBe;

    /// <summary>The service a flow is addressed to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ServiceKeyV6 Of(in FlowKeyV6 flow) => new(flow.Destination, flow.DestinationPortBe, flow.Protocol);

    /// <inheritdoc/>
    public bool Equals(ServiceKeyV6 other) => Address == other.Address && PortBe == other.PortBe && Protocol == other.Protocol;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ServiceKeyV6 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, PortBe, Protocol);

    /// <summary>True when both keys hold the same bytes.</summary>
    public static bool operator ==(ServiceKeyV6 left, ServiceKeyV6 right) => left.Equals(right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(ServiceKeyV6 left, ServiceKeyV6 right) => !left.Equals(right);

    /// <summary>For example <c>[fd00:10:96::a]:53 Udp</c>.</summary>
    public override string ToString() => $"[{Address}]:{Port} {Protocol}";
}
