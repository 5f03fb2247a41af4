namespace DatapathKernels.Filtering;

/// <summary>The tests that do not fit the masked compare of a rule's head.</summary>
internal enum ExtraKind : byte
{
    /// <summary>Address A (a <see cref="PacketSide"/>) in network B.</summary>
    Address,

    /// <summary>The transport header is there.</summary>
    Transport,

    /// <summary>Protocol is A.</summary>
    Protocol,

    /// <summary>Source port from B to C.</summary>
    SourcePort,

    /// <summary>Destination port from B to C.</summary>
    DestinationPort,

    /// <summary>TCP flags: those of mask B are exactly C.</summary>
    TcpFlags,

    /// <summary>ICMP type A with code B to C; type 256 is any.</summary>
    Icmp,

    /// <summary>Port on side A in one of C ranges from B.</summary>
    Multiport,

    /// <summary>Incoming interface in the set that starts at word B.</summary>
    InInterface,

    /// <summary>Outgoing interface in the set that starts at word B.</summary>
    OutInterface,

    /// <summary>Packet mark: (mark &amp; C) == B.</summary>
    Mark,

    /// <summary>Connection mark: (mark &amp; C) == B.</summary>
    ConnectionMark,

    /// <summary>Connection state in A.</summary>
    State,

    /// <summary>Connection status has one of A. A packet without a connection fits when B is 1.</summary>
    Status,

    /// <summary>Kind of address A (a <see cref="PacketSide"/>) in B.</summary>
    AddressType,

    /// <summary>31-bit draw below B.</summary>
    Random,

    /// <summary>Counter B reaches C.</summary>
    Nth,

    /// <summary>List test B of <c>recent</c>.</summary>
    Recent,

    /// <summary>TOS or traffic class: (byte &amp; C) == B.</summary>
    TrafficClass,

    /// <summary>Time to live or hop limit from B to C.</summary>
    Ttl,

    /// <summary>Bytes of the datagram from B to C.</summary>
    Length,

    /// <summary>Address A (a <see cref="PacketSide"/>) in range B.</summary>
    AddressRange,

    /// <summary>A TCP option of kind A.</summary>
    TcpOption,

    /// <summary>Congestion flags of TCP: one of B is set.</summary>
    EcnFlags,

    /// <summary>Expression B.</summary>
    U32,

    /// <summary>Packet type A.</summary>
    PacketType,

    /// <summary>Ethernet source: its first four bytes are B, the last two A, as loaded.</summary>
    Mac,

    /// <summary>Connection test B. A packet without a connection fits when A is 1.</summary>
    Connection,

    /// <summary>Packet in set B by directions A; C is 1 for <c>--return-nomatch</c>.</summary>
    Set,

    /// <summary>Token bucket B.</summary>
    Limit,

    /// <summary>Never.</summary>
    Never,

    /// <summary>An unknown match: the walk ends.</summary>
    Unknown,
}
