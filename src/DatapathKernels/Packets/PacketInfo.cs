using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// Where things stand in one frame, 16 bytes: four to a cache line. Made once by <see cref="FlowParser"/>; everything
/// downstream trusts it instead of checking again.
/// </summary>
/// <remarks>
/// Offsets count from the first byte of the frame. What lies after a failed layer is zero: a bad transport header leaves L3, its flags and where
/// the transport header begins, a bad IP header only <see cref="PacketFlags.Vlan"/>.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly struct PacketInfo : IEquatable<PacketInfo>
{
    /// <summary>Makes the record; parsers call it.</summary>
    public PacketInfo(ParseStatus status, PacketFlags flags, IpProtocol protocol, ushort l3Offset, ushort l4Offset, uint l3Length, ushort fragmentOffset)
    {
        L3Length = l3Length;
        L3Offset = l3Offset;
        L4Offset = l4Offset;
        FragmentOffset = fragmentOffset;
        Status = status;
        Flags = flags;
        Protocol = protocol;
    }

    /// <summary>Bytes from the first byte of the IP header to the end of the datagram, link padding excluded.</summary>
    public readonly uint L3Length;

    /// <summary>Offset of the IP header, bytes.</summary>
    public readonly ushort L3Offset;

    /// <summary>Offset of the transport header, whole or not (or of the payload of a fragment or an unsupported protocol), bytes.</summary>
    public readonly ushort L4Offset;

    /// <summary>Fragment offset, bytes (0 to 65,528).</summary>
    public readonly ushort FragmentOffset;

    /// <summary>The verdict of the parse.</summary>
    public readonly ParseStatus Status;

    /// <summary>What was found.</summary>
    public readonly PacketFlags Flags;

    /// <summary>The transport protocol, after IPv6 extension headers.</summary>
    public readonly IpProtocol Protocol;

    /// <summary>Bytes from the transport header to the end of the datagram; 0 when the parse did not get there.</summary>
    public uint L4Length => L4Offset == 0 ? 0 : L3Length - (uint)(L4Offset - L3Offset);

    /// <summary>True when addresses and protocol of the flow key are valid (ports too unless a non-first fragment or an unsupported protocol).</summary>
    public bool HasKey => Status <= ParseStatus.UnsupportedProtocol;

    /// <inheritdoc/>
    public bool Equals(PacketInfo other) =>
        L3Length == other.L3Length && L3Offset == other.L3Offset && L4Offset == other.L4Offset
        && FragmentOffset == other.FragmentOffset && Status == other.Status && Flags == other.Flags && Protocol == other.Protocol;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PacketInfo other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(L3Length, L3Offset, L4Offset, FragmentOffset, Status, Flags, Protocol);

    /// <summary>True when every field is the same.</summary>
    public static bool operator ==(PacketInfo left, PacketInfo right) => left.Equals(right);

    /// <summary>True when any field differs.</summary>
    public static bool operator !=(PacketInfo left, PacketInfo right) => !left.Equals(right);

    /// <summary>For example <c>Ok Tcp L3@14 L4@34 60 bytes (Ipv4, Transport)</c>.</summary>
    public override string ToString() => $"{Status} {Protocol} L3@{L3Offset} L4@{L4Offset} {L3Length} bytes ({Flags})";
}
