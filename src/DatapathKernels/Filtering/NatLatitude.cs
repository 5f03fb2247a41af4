using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// What a nat rule leaves open beside what its <see cref="NatBinding"/> proposes: a source that is one of several addresses stays, and one that
/// has a mapping among them keeps that, before the proposed one is taken; of several destination ports a connection table takes one that is free.
/// </summary>
/// <param name="FirstAddress">First of several sources, as it stands on the wire; IPv4 in the first four bytes.</param>
/// <param name="LastAddress">The last; the same as the first for a rule that names one or none.</param>
/// <param name="FirstPort">First of several destination ports, host order.</param>
/// <param name="LastPort">The last; the same as the first for a rule that names one or none.</param>
/// <param name="PortBase">See <see cref="NatTarget.PortBase"/>.</param>
public readonly record struct NatLatitude(IPv6Address FirstAddress, IPv6Address LastAddress, ushort FirstPort, ushort LastPort, ushort? PortBase = null)
{
    /// <summary>True when there are several addresses.</summary>
    public bool HasAddresses => FirstAddress != LastAddress;

    /// <summary>True when there are several ports.</summary>
    public bool HasPorts => FirstPort != LastPort;

    internal static NatLatitude Of(in Translation translation, bool source, IpFamily family)
    {
        if (source)
        {
            return translation.Address == TranslationAddress.Range
                ? new NatLatitude(WireAddress.Of(family, translation.Low), WireAddress.Of(family, translation.Low + translation.Width), 0, 0)
                : default;
        }

        return new NatLatitude(default, default, translation.Binding.Port, translation.Binding.HighPort, translation.PortBase);
    }

    /// <summary>True when the address, as it stands on the wire, is one of them.</summary>
    internal bool Holds(in IPv6Address address) => HasAddresses && IPv6Address.NumberOf(address) >= IPv6Address.NumberOf(FirstAddress) && IPv6Address.NumberOf(address) <= IPv6Address.NumberOf(LastAddress);
}
