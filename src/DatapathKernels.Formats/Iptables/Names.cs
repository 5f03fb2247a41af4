using System.Globalization;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <summary>The words of iptables, both ways. The first name of a value is the one iptables-save prints.</summary>
internal static partial class Names
{
    public static readonly (string Name, IpProtocol Value)[] Protocols =
    [
        ("tcp", IpProtocol.Tcp), ("udp", IpProtocol.Udp), ("icmp", IpProtocol.Icmp), ("ipv6-icmp", IpProtocol.IcmpV6),
        ("icmpv6", IpProtocol.IcmpV6), ("icmp6", IpProtocol.IcmpV6), ("sctp", IpProtocol.Sctp), ("dccp", IpProtocol.Dccp),
        ("udplite", IpProtocol.UdpLite), ("esp", IpProtocol.Esp), ("ah", IpProtocol.Ah), ("gre", IpProtocol.Gre),
        ("ipencap", IpProtocol.Ipv4), ("ipip", (IpProtocol)94), ("ipv6", IpProtocol.Ipv6), ("ipv6-mh", IpProtocol.Mobility),
        ("mh", IpProtocol.Mobility), ("igmp", (IpProtocol)2), ("ospf", (IpProtocol)89), ("vrrp", (IpProtocol)112),
    ];

    public static readonly (string Name, byte Value)[] TcpFlags =
        [("FIN", 1), ("SYN", 2), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32), ("ALL", 63), ("NONE", 0)];

    public static readonly (string Name, ConnectionStates Value)[] States =
    [
        ("INVALID", ConnectionStates.Invalid), ("NEW", ConnectionStates.New), ("RELATED", ConnectionStates.Related),
        ("ESTABLISHED", ConnectionStates.Established), ("UNTRACKED", ConnectionStates.Untracked),
        ("SNAT", ConnectionStates.Snat), ("DNAT", ConnectionStates.Dnat),
    ];

    public static readonly (string Name, ConnectionStatuses Value)[] Statuses =
    [
        ("EXPECTED", ConnectionStatuses.Expected), ("SEEN_REPLY", ConnectionStatuses.SeenReply),
        ("ASSURED", ConnectionStatuses.Assured), ("CONFIRMED", ConnectionStatuses.Confirmed), ("NONE", ConnectionStatuses.None),
    ];

    public static readonly (string Name, AddressTypes Value)[] AddressKinds =
    [
        ("UNSPEC", AddressTypes.Unspecified), ("UNICAST", AddressTypes.Unicast), ("LOCAL", AddressTypes.Local),
        ("BROADCAST", AddressTypes.Broadcast), ("ANYCAST", AddressTypes.Anycast), ("MULTICAST", AddressTypes.Multicast),
        ("BLACKHOLE", AddressTypes.Blackhole), ("UNREACHABLE", AddressTypes.Unreachable), ("PROHIBIT", AddressTypes.Prohibit),
        ("THROW", AddressTypes.Throw), ("NAT", AddressTypes.Nat), ("XRESOLVE", AddressTypes.Resolve),
    ];

    public static readonly (string Name, RejectKind Value)[] Rejects =
    [
        ("icmp-net-unreachable", RejectKind.NetUnreachable), ("icmp-host-unreachable", RejectKind.HostUnreachable),
        ("icmp-proto-unreachable", RejectKind.ProtocolUnreachable), ("icmp-port-unreachable", RejectKind.PortUnreachable),
        ("icmp-net-prohibited", RejectKind.NetProhibited), ("icmp-host-prohibited", RejectKind.HostProhibited),
        ("icmp-admin-prohibited", RejectKind.AdminProhibited), ("tcp-reset", RejectKind.TcpReset),
        ("net-unreach", RejectKind.NetUnreachable), ("host-unreach", RejectKind.HostUnreachable),
        ("proto-unreach", RejectKind.ProtocolUnreachable), ("port-unreach", RejectKind.PortUnreachable),
        ("net-prohib", RejectKind.NetProhibited), ("host-prohib", RejectKind.HostProhibited),
        ("admin-prohib", RejectKind.AdminProhibited), ("tcp-rst", RejectKind.TcpReset),
    ];

    public static readonly (string Name, RejectKind Value)[] RejectsV6 =
    [
        ("icmp6-no-route", RejectKind.V6NoRoute), ("icmp6-adm-prohibited", RejectKind.V6AdminProhibited),
        ("icmp6-addr-unreachable", RejectKind.V6AddressUnreachable), ("icmp6-port-unreachable", RejectKind.V6PortUnreachable),
        ("icmp6-policy-fail", RejectKind.V6PolicyFail), ("icmp6-reject-route", RejectKind.V6RejectRoute),
        ("tcp-reset", RejectKind.TcpReset), ("no-route", RejectKind.V6NoRoute), ("adm-prohibited", RejectKind.V6AdminProhibited),
        ("addr-unreach", RejectKind.V6AddressUnreachable), ("port-unreach", RejectKind.V6PortUnreachable),
        ("policy-fail", RejectKind.V6PolicyFail), ("reject-route", RejectKind.V6RejectRoute),
    ];

    /// <summary>Targets of iptables that are extensions and never chains.</summary>
    public static readonly HashSet<string> TargetExtensions =
    [
        "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "CT", "DNPT", "DSCP", "ECN", "HL", "HMARK",
        "IDLETIMER", "LED", "LOG", "NETMAP", "NFLOG", "NFQUEUE", "NOTRACK", "QUEUE", "RATEEST", "SECMARK", "SET", "SNPT",
        "SYNPROXY", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG",
    ];

    public static bool TryFind<T>((string Name, T Value)[] names, ReadOnlySpan<char> text, out T value)
    {
        foreach ((string name, T candidate) in names)
        {
            if (text.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default!;
        return false;
    }

    /// <summary>As <see cref="TryFind"/>, or else by the first letters of a name, which <paramref name="unique"/> wants to be of one name only.</summary>
    public static bool TryBegin<T>((string Name, T Value)[] names, ReadOnlySpan<char> text, bool unique, out T value)
    {
        if (TryFind(names, text, out value) || text.IsEmpty)
            return !text.IsEmpty;
        int found = 0;
        foreach ((string name, T candidate) in names)
        {
            if (!name.AsSpan().StartsWith(text, StringComparison.OrdinalIgnoreCase))
                continue;
            value = found == 0 ? candidate : value;
            found++;
        }

        return found == 1 || (found > 1 && !unique);
    }

    /// <summary>The name iptables-save prints; the number where it prints one.</summary>
    public static string Of<T>((string Name, T Value)[] names, T value)
    {
        foreach ((string name, T candidate) in names)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
                return name;
        }

        return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
    }

    public static string Of(IpProtocol protocol)
    {
        foreach ((string name, IpProtocol candidate) in Protocols)
        {
            if (candidate == protocol)
                return name;
        }

        return ((byte)protocol).ToString(CultureInfo.InvariantCulture);
    }
}
