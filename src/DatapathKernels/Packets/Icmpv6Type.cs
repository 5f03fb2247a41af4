namespace DatapathKernels.Packets;

/// <summary>ICMPv6 message types (RFC 4443, RFC 4861, RFC 2710, RFC 3810). Any other value is legal too; below 128 they are errors.</summary>
public enum Icmpv6Type : byte
{
    /// <summary>Destination unreachable.</summary>
    DestinationUnreachable = 1,

    /// <summary>Packet too big.</summary>
    PacketTooBig = 2,

    /// <summary>Time exceeded.</summary>
    TimeExceeded = 3,

    /// <summary>Parameter problem.</summary>
    ParameterProblem = 4,

    /// <summary>Echo request.</summary>
    EchoRequest = 128,

    /// <summary>Echo reply.</summary>
    EchoReply = 129,

    /// <summary>Multicast listener query.</summary>
    MulticastListenerQuery = 130,

    /// <summary>Multicast listener report.</summary>
    MulticastListenerReport = 131,

    /// <summary>Multicast listener done.</summary>
    MulticastListenerDone = 132,

    /// <summary>Router solicitation.</summary>
    RouterSolicitation = 133,

    /// <summary>Router advertisement.</summary>
    RouterAdvertisement = 134,

    /// <summary>Neighbour solicitation.</summary>
    NeighborSolicitation = 135,

    /// <summary>Neighbour advertisement.</summary>
    NeighborAdvertisement = 136,

    /// <summary>Redirect.</summary>
    Redirect = 137,

    /// <summary>Multicast listener report, version 2.</summary>
    MulticastListenerReportV2 = 143,
}
