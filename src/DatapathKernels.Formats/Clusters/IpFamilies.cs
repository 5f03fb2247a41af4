namespace DatapathKernels.Formats.Clusters;

/// <summary>The address families of a cluster.</summary>
[Flags]
public enum IpFamilies : byte
{
    /// <summary>None: not a valid choice for a cluster.</summary>
    None = 0,

    /// <summary>IPv4 only.</summary>
    IPv4 = 1,

    /// <summary>IPv6 only.</summary>
    IPv6 = 2,

    /// <summary>Every service, pod and node has an address of each family.</summary>
    DualStack = IPv4 | IPv6,
}
