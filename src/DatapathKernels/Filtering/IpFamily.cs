namespace DatapathKernels.Filtering;

/// <summary>The address family of a ruleset: iptables or ip6tables.</summary>
public enum IpFamily : byte
{
    /// <summary>IPv4 (iptables).</summary>
    V4 = 4,

    /// <summary>IPv6 (ip6tables).</summary>
    V6 = 6,
}
