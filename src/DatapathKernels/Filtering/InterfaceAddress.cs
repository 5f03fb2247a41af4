namespace DatapathKernels.Filtering;

/// <summary>An address of an interface: what MASQUERADE and REDIRECT put into packets.</summary>
/// <param name="Interface">The interface's name.</param>
/// <param name="Address">The address; its prefix length is not looked at.</param>
public readonly record struct InterfaceAddress(string Interface, IpNetwork Address);
