namespace DatapathKernels.Packets;

/// <summary>ICMP message types (RFC 792, RFC 950, RFC 1256). Any other value is legal too.</summary>
public enum IcmpType : byte
{
    /// <summary>Echo reply.</summary>
    EchoReply = 0,

    /// <summary>Destination unreachable; code 4 is "fragmentation needed".</summary>
    DestinationUnreachable = 3,

    /// <summary>Source quench (deprecated).</summary>
    SourceQuench = 4,

    /// <summary>Redirect.</summary>
    Redirect = 5,

    /// <summary>Echo request.</summary>
    EchoRequest = 8,

    /// <summary>Router advertisement.</summary>
    RouterAdvertisement = 9,

    /// <summary>Router solicitation.</summary>
    RouterSolicitation = 10,

    /// <summary>Time exceeded.</summary>
    TimeExceeded = 11,

    /// <summary>Parameter problem.</summary>
    ParameterProblem = 12,

    /// <summary>Timestamp request.</summary>
    TimestampRequest = 13,

    /// <summary>Timestamp reply.</summary>
    TimestampReply = 14,

    /// <summary>Information request.</summary>
    InformationRequest = 15,

    /// <summary>Information reply.</summary>
    InformationReply = 16,

    /// <summary>Address mask request.</summary>
    AddressMaskRequest = 17,

    /// <summary>Address mask reply.</summary>
    AddressMaskReply = 18,
}
