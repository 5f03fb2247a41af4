namespace DatapathKernels.Filtering.Nft;

/// <summary>What a rule can ask of a packet. A packet that has no such thing (a port of a later fragment) fits neither the test nor its negation.</summary>
public enum NftField : byte
{
    /// <summary><c>ip saddr</c>.</summary>
    SourceV4,

    /// <summary><c>ip daddr</c>.</summary>
    DestinationV4,

    /// <summary><c>ip6 saddr</c>.</summary>
    SourceV6,

    /// <summary><c>ip6 daddr</c>.</summary>
    DestinationV6,

    /// <summary><c>meta l4proto</c>, also written <c>ip protocol</c>: the transport protocol, behind IPv6 extension headers.</summary>
    Protocol,

    /// <summary><c>th sport</c>: of TCP, UDP, UDP-Lite, SCTP, DCCP.</summary>
    SourcePort,

    /// <summary><c>th dport</c>: of TCP, UDP, UDP-Lite, SCTP, DCCP.</summary>
    DestinationPort,

    /// <summary><c>tcp sport</c>.</summary>
    TcpSourcePort,

    /// <summary><c>tcp dport</c>.</summary>
    TcpDestinationPort,

    /// <summary><c>udp sport</c>.</summary>
    UdpSourcePort,

    /// <summary><c>udp dport</c>.</summary>
    UdpDestinationPort,

    /// <summary><c>sctp sport</c>.</summary>
    SctpSourcePort,

    /// <summary><c>sctp dport</c>.</summary>
    SctpDestinationPort,

    /// <summary><c>ct state</c>: one of the bits of <see cref="ConnectionStates"/>.</summary>
    State,

    /// <summary><c>ct status</c>: bits of <see cref="ConnectionStatuses"/>.</summary>
    Status,

    /// <summary><c>meta mark</c>.</summary>
    Mark,

    /// <summary><c>ct mark</c>.</summary>
    ConnectionMark,

    /// <summary><c>meta iifname</c>: a name, or the start of one with <c>*</c>.</summary>
    InInterface,

    /// <summary><c>meta oifname</c>.</summary>
    OutInterface,

    /// <summary><c>fib saddr type</c>: one of the bits of <see cref="AddressTypes"/>.</summary>
    SourceType,

    /// <summary><c>fib daddr type</c>.</summary>
    DestinationType,
}
