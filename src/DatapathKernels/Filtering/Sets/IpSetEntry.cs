using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// One entry of a set, in the parts its kind has; the others are zero. Addresses are numbers as in <see cref="IpNetwork"/>.
/// </summary>
/// <param name="Address">The address, or the network's.</param>
/// <param name="PrefixLength">The prefix length where <paramref name="Address"/> is a network's (<c>hash:net</c>, <c>hash:net,port</c>).</param>
/// <param name="Protocol">The protocol where there is a port; 0 in <c>bitmap:port</c>.</param>
/// <param name="Port">The port; for ICMP type (high byte) and code.</param>
/// <param name="Address2">The second address or network.</param>
/// <param name="PrefixLength2">The second prefix length (<c>hash:ip,port,net</c>).</param>
public readonly record struct IpSetEntry(
    UInt128 Address,
    byte PrefixLength = 0,
    IpProtocol Protocol = 0,
    ushort Port = 0,
    UInt128 Address2 = default,
    byte PrefixLength2 = 0)
{
    /// <summary>An entry of <c>hash:net</c>.</summary>
    public static IpSetEntry Of(IpNetwork network) => new(network.Address, (byte)network.PrefixLength);

    /// <summary>An entry of <c>bitmap:port</c>.</summary>
    public static IpSetEntry OfPort(ushort port) => new(0, Port: port);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        ulong mixed = ((ulong)Address ^ (ulong)(Address >> 64)) * 0x9E3779B97F4A7C15;
        mixed ^= ((ulong)Address2 ^ (ulong)(Address2 >> 64)) * 0xBF58476D1CE4E5B9;
        mixed ^= (((ulong)Port << 24) | ((ulong)Protocol << 16) | ((ulong)PrefixLength << 8) | PrefixLength2) * 0x94D049BB133111EB;
        return (int)(mixed >> 32) ^ (int)mixed;
    }

    /// <inheritdoc/>
    public bool Equals(IpSetEntry other) =>
        Address == other.Address && PrefixLength == other.PrefixLength && Protocol == other.Protocol && Port == other.Port
        && Address2 == other.Address2 && PrefixLength2 == other.PrefixLength2;
}
