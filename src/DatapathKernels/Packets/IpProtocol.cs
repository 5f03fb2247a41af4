namespace DatapathKernels.Packets;

/// <summary>IP protocol numbers (https://www.iana.org/assignments/protocol-numbers). Any other value is legal too.</summary>
public enum IpProtocol : byte
{
    /// <summary>IPv6 hop-by-hop options (RFC 8200).</summary>
    HopByHop = 0,

    /// <summary>ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>IPv4 in IP (RFC 2003).</summary>
    Ipv4 = 4,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 17,

    /// <summary>DCCP (RFC 4340).</summary>
    Dccp = 33,

    /// <summary>IPv6 in IP (RFC 2473).</summary>
    Ipv6 = 41,

    /// <summary>IPv6 routing header (RFC 8200).</summary>
    Routing = 43,

    /// <summary>IPv6 fragment header (RFC 8200).</summary>
    Fragment = 44,

    /// <summary>GRE (RFC 2784).</summary>
    Gre = 47,

    /// <summary>ESP (RFC 4303).</summary>
    Esp = 50,

    /// <summary>Authentication header (RFC 4302).</summary>
    Ah = 51,

    /// <summary>ICMPv6 (RFC 4443).</summary>
    IcmpV6 = 58,

    /// <summary>IPv6: no next header (RFC 8200).</summary>
    NoNextHeader = 59,

    /// <summary>IPv6 destination options (RFC 8200).</summary>
    DestinationOptions = 60,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 132,

    /// <summary>Mobility header (RFC 6275).</summary>
    Mobility = 135,

    /// <summary>UDP-Lite (RFC 3828).</summary>
    UdpLite = 136,
}
