using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// What a service lookup is keyed by, 8 bytes: destination address and port as they stand on the wire, and protocol.
/// <code>
///  0         4       6       7   8
///  | address | port  | proto | 0 |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public readonly struct ServiceKeyV4 : IEquatable<ServiceKeyV4>
{
    /// <summary>Service address, network byte order.</summary>
    public readonly uint AddressBe;

    /// <summary>Service port, network byte order.</summary>
    public readonly ushort PortBe;

    /// <summary>IP protocol.</summary>
    public readonly IpProtocol Protocol;

    private readonly byte _reserved;

    /// <summary>Makes a key from raw network-order values.</summary>
    public ServiceKeyV4(uint addressBe, ushort portBe, IpProtocol protocol)
    {
        AddressBe = addressBe;
        PortBe = portBe;
        Protocol = protocol;
        _reserved = 0;
    }

    /// <summary>Service port, host order.</summary>
    public ushort Port => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(PortBe) : PortBe;

    /// <summary>The service a flow is addressed to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ServiceKeyV4 Of(in FlowKeyV4 flow) => new(flow.DestinationBe, flow.DestinationPortBe, flow.Protocol);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(ServiceKeyV4 other) => Unsafe.BitCast<ServiceKeyV4, ulong>(this) == Unsafe.BitCast<ServiceKeyV4, ulong>(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ServiceKeyV4 other && Equals(other);

    /// <inheritdoc/>
    /// <remarks>One multiplication mixes all eight bytes into the upper half.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override int GetHashCode() => (int)((Unsafe.BitCast<ServiceKeyV4, ulong>(this) * 0x9E37_79B9_7F4A_7C15) >> 32);

    /// <summary>True when both keys hold the same bytes.</summary>
    public static bool operator ==(ServiceKeyV4 left, ServiceKeyV4 right) => left.Equals(right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(ServiceKeyV4 left, ServiceKeyV4 right) => !left.Equals(right);

    /// <summary>For example <c>10.96.0.10:53 Udp</c>.</summary>
    public override string ToString() => $"{new IPAddress(AddressBe)}:{Port} {Protocol}";
}
