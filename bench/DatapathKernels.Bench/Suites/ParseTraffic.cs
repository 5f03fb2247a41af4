namespace DatapathKernels.Bench.Suites;

/// <summary>What the frames of <see cref="ParseBench"/> carry, all of it over Ethernet.</summary>
public enum ParseTraffic
{
    /// <summary>IPv4 and TCP without options: the path everything is tuned for.</summary>
    Ipv4Tcp,

    /// <summary>IPv4, TCP and UDP in random order: a branch between them cannot be predicted.</summary>
    Ipv4Mixed,

    /// <summary>IPv6 and TCP: the key is 40 bytes and lies across two cache lines.</summary>
    Ipv6Tcp,

    /// <summary>Both families and both protocols in random order.</summary>
    DualStack,

    /// <summary>IPv4 behind a VLAN tag.</summary>
    Vlan,

    /// <summary>IPv4 with a 4-byte option: the general path.</summary>
    Ipv4Options,
}
