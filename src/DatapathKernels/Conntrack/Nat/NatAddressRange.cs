using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>Addresses a translation may give, from the first to the last; IPv4 as <c>::ffff:a.b.c.d</c>. The default holds none.</summary>
public readonly record struct NatAddressRange(IPv6Address First, IPv6Address Last)
{
    /// <summary>True when it names addresses.</summary>
    public bool IsGiven => Last != default;

    /// <summary>True for an address in it.</summary>
    public bool Holds(in IPv6Address address) => IPv6Address.NumberOf(address) >= IPv6Address.NumberOf(First) && IPv6Address.NumberOf(address) <= IPv6Address.NumberOf(Last);
}
