using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>Addresses a translation may give, from the first to the last; IPv4 as <c>::ffff:a.b.c.d</c>. The default holds none.</summary>
public readonly record struct NatAddressRange(IPv6Address First, IPv6Address Last)
{
    /// <summary>True when it names addresses.</summary>
    public bool IsGiven => Last != default;

    /// <summary>True for an address in it.</summary>
    public bool Holds(in IPv6Address address) => NumberOf(address) >= NumberOf(First) && NumberOf(address) <= NumberOf(Last);

    private static UInt128 NumberOf(in IPv6Address address) => BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<IPv6Address, UInt128>(address));
}
