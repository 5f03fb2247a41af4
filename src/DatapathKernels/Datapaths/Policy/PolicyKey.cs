using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths.Policy;

/// <summary>
/// The key of one entry of the policy map, 16 bytes, all of them compared:
/// <code>
///  0          4          8      10      11      12          13  16
///  | endpoint | identity | port | bits  | proto | direction | 0 |
/// </code>
/// A range of ports is as many keys as it takes blocks of a power of two: 8000-8079 is 8000/10 (64 ports) and 8064/12 (16
/// ports), as Cilium's map has it. All in host order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly struct PolicyKey : IEquatable<PolicyKey>
{
    /// <summary>Makes a key; bits of the port below the prefix are cleared.</summary>
    /// <param name="endpoint">The pod whose policy it is, from 1.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="identity">The other end, <see cref="ReservedIdentities.Any"/> for everyone.</param>
    /// <param name="protocol">The protocol; 0 for every one, which goes with a <paramref name="portBits"/> of 0 only.</param>
    /// <param name="port">The destination port, or the first of its block.</param>
    /// <param name="portBits">Leading bits of the port that count, 0 (every port) to 16 (this one).</param>
    public PolicyKey(uint endpoint, PolicyDirection direction, uint identity, IpProtocol protocol = 0, ushort port = 0, byte portBits = 0)
    {
        Endpoint = endpoint;
        Identity = identity;
        Port = (ushort)(port & MaskOf(portBits));
        PortBits = portBits;
        Protocol = protocol;
        Direction = direction;
        _zero1 = _zero2 = _zero3 = 0;
    }

    /// <summary>The pod whose policy it is.</summary>
    public readonly uint Endpoint;

    /// <summary>The other end.</summary>
    public readonly uint Identity;

    /// <summary>The first destination port of the block.</summary>
    public readonly ushort Port;

    /// <summary>Leading bits of the port that count.</summary>
    public readonly byte PortBits;

    /// <summary>The protocol; 0 for every one.</summary>
    public readonly IpProtocol Protocol;

    /// <summary>Which way.</summary>
    public readonly PolicyDirection Direction;

    private readonly byte _zero1, _zero2, _zero3;

    /// <inheritdoc/>
    public bool Equals(PolicyKey other) =>
        Endpoint == other.Endpoint && Identity == other.Identity && Port == other.Port && PortBits == other.PortBits
        && Protocol == other.Protocol && Direction == other.Direction;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PolicyKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Identity, Port, PortBits, Protocol, Direction);

    /// <summary>True when both keys are the same.</summary>
    public static bool operator ==(PolicyKey left, PolicyKey right) => left.Equals(right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(PolicyKey left, PolicyKey right) => !left.Equals(right);

    /// <summary>For example <c>endpoint 7 Ingress identity 256 Tcp 8000/10</c>.</summary>
    public override string ToString() => $"endpoint {Endpoint} {Direction} identity {Identity} {Protocol} {Port}/{PortBits}";

    internal static int MaskOf(int portBits) => ushort.MaxValue << (16 - portBits) & ushort.MaxValue;
}
