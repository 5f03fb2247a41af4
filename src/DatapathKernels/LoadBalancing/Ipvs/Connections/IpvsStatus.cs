namespace DatapathKernels.LoadBalancing;

/// <summary>What became of a packet in an <see cref="IpvsDirector"/>.</summary>
public enum IpvsStatus : byte
{
    /// <summary>Not IPVS's: the packet goes on untouched.</summary>
    NotOurs,

    /// <summary>To the real server; NAT is written, for the other modes see <see cref="IpvsVerdict.Forwarding"/>.</summary>
    Forwarded,

    /// <summary>A server's reply to the client, as from the virtual service.</summary>
    Replied,

    /// <summary>Dropped: no server may have the connection. The kernel answers "port unreachable".</summary>
    NoServer,

    /// <summary>Dropped: the connection's server was removed.</summary>
    ServerGone,

    /// <summary>Dropped: as many connections as there is room for.</summary>
    TableFull,

    /// <summary>Dropped: the drop-packet defence took it.</summary>
    Defence,

    /// <summary>Dropped: the addresses could not be written; only SCTP fragments.</summary>
    NotRewritten,

    /// <summary>Dropped: an ICMP error about a connection whose checksum is wrong.</summary>
    BadChecksum,

    /// <summary>Taken: an ICMP error about a tunnel's packet. <see cref="IpvsTunnelErrors"/> writes what the client is told.</summary>
    TunnelError,
}
