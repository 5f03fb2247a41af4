namespace DatapathKernels.Filtering;

/// <summary>Addresses from one to another, both included; numbers as in <see cref="IpNetwork"/>.</summary>
/// <param name="Family">The address family.</param>
/// <param name="Low">First address.</param>
/// <param name="High">Last address.</param>
public readonly record struct IpAddressRange(IpFamily Family, UInt128 Low, UInt128 High)
{
    /// <summary>True when the address lies in the range.</summary>
    public bool Contains(UInt128 address) => address >= Low && address <= High;

    /// <summary>As iptables-save writes it: <c>10.0.0.1-10.0.0.9</c>.</summary>
    public override string ToString() => $"{IpNetwork.Format(Family, Low)}-{IpNetwork.Format(Family, High)}";
}
