namespace DatapathKernels.Filtering;

/// <summary>What REJECT answers with.</summary>
public enum RejectKind : byte
{
    /// <summary>Nothing was rejected.</summary>
    None,

    /// <summary><c>icmp-net-unreachable</c>.</summary>
    NetUnreachable,

    /// <summary><c>icmp-host-unreachable</c>.</summary>
    HostUnreachable,

    /// <summary><c>icmp-proto-unreachable</c>.</summary>
    ProtocolUnreachable,

    /// <summary><c>icmp-port-unreachable</c>, the default of IPv4.</summary>
    PortUnreachable,

    /// <summary><c>icmp-net-prohibited</c>.</summary>
    NetProhibited,

    /// <summary><c>icmp-host-prohibited</c>.</summary>
    HostProhibited,

    /// <summary><c>icmp-admin-prohibited</c>.</summary>
    AdminProhibited,

    /// <summary><c>tcp-reset</c>, either family.</summary>
    TcpReset,

    /// <summary><c>icmp6-no-route</c>.</summary>
    V6NoRoute,

    /// <summary><c>icmp6-adm-prohibited</c>.</summary>
    V6AdminProhibited,

    /// <summary><c>icmp6-addr-unreachable</c>.</summary>
    V6AddressUnreachable,

    /// <summary><c>icmp6-port-unreachable</c>, the default of IPv6.</summary>
    V6PortUnreachable,

    /// <summary><c>icmp6-policy-fail</c>.</summary>
    V6PolicyFail,

    /// <summary><c>icmp6-reject-route</c>.</summary>
    V6RejectRoute,
}
