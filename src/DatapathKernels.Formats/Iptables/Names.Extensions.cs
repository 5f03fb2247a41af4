using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>The words of match extensions.</content>
internal static partial class Names
{
    /// <summary>ICMP messages by name: type, and code where the name tells one.</summary>
    public static readonly (string Name, (byte Type, byte? Code) Value)[] Icmp =
    [
        ("echo-reply", (0, null)), ("pong", (0, null)), ("destination-unreachable", (3, null)), ("network-unreachable", (3, 0)),
        ("host-unreachable", (3, 1)), ("protocol-unreachable", (3, 2)), ("port-unreachable", (3, 3)),
        ("fragmentation-needed", (3, 4)), ("source-route-failed", (3, 5)), ("network-unknown", (3, 6)), ("host-unknown", (3, 7)),
        ("network-prohibited", (3, 9)), ("host-prohibited", (3, 10)),
        ("TOS-network-unreachable", (3, 11)), ("TOS-host-unreachable", (3, 12)), ("communication-prohibited", (3, 13)),
        ("host-precedence-violation", (3, 14)), ("precedence-cutoff", (3, 15)),
        ("source-quench", (4, null)), ("redirect", (5, null)), ("network-redirect", (5, 0)), ("host-redirect", (5, 1)),
        ("TOS-network-redirect", (5, 2)), ("TOS-host-redirect", (5, 3)), ("echo-request", (8, null)), ("ping", (8, null)),
        ("router-advertisement", (9, null)), ("router-solicitation", (10, null)), ("time-exceeded", (11, null)),
        ("ttl-exceeded", (11, null)), ("ttl-zero-during-transit", (11, 0)), ("ttl-zero-during-reassembly", (11, 1)),
        ("parameter-problem", (12, null)), ("ip-header-bad", (12, 0)), ("required-option-missing", (12, 1)),
        ("timestamp-request", (13, null)), ("timestamp-reply", (14, null)),
        ("address-mask-request", (17, null)), ("address-mask-reply", (18, null)),
    ];

    /// <summary>The same for ICMPv6.</summary>
    public static readonly (string Name, (byte Type, byte? Code) Value)[] IcmpV6 =
    [
        ("destination-unreachable", (1, null)), ("no-route", (1, 0)), ("communication-prohibited", (1, 1)),
        ("beyond-scope", (1, 2)), ("address-unreachable", (1, 3)), ("port-unreachable", (1, 4)), ("failed-policy", (1, 5)),
        ("reject-route", (1, 6)), ("packet-too-big", (2, null)), ("time-exceeded", (3, null)), ("ttl-exceeded", (3, null)),
        ("ttl-zero-during-transit", (3, 0)), ("ttl-zero-during-reassembly", (3, 1)), ("parameter-problem", (4, null)),
        ("bad-header", (4, 0)), ("unknown-header-type", (4, 1)), ("unknown-option", (4, 2)), ("echo-request", (128, null)),
        ("ping", (128, null)), ("echo-reply", (129, null)), ("pong", (129, null)), ("router-solicitation", (133, null)),
        ("router-advertisement", (134, null)), ("neighbour-solicitation", (135, null)), ("neighbor-solicitation", (135, null)),
        ("neighbour-advertisement", (136, null)), ("neighbor-advertisement", (136, null)), ("redirect", (137, null)),
    ];

    /// <summary>The classes of RFC 2474, RFC 2597 and RFC 3246.</summary>
    public static readonly (string Name, byte Value)[] DscpClasses =
    [
        ("CS0", 0), ("CS1", 8), ("CS2", 16), ("CS3", 24), ("CS4", 32), ("CS5", 40), ("CS6", 48), ("CS7", 56), ("BE", 0),
        ("AF11", 10), ("AF12", 12), ("AF13", 14), ("AF21", 18), ("AF22", 20), ("AF23", 22), ("AF31", 26), ("AF32", 28),
        ("AF33", 30), ("AF41", 34), ("AF42", 36), ("AF43", 38), ("EF", 46),
    ];

    /// <summary>The services of RFC 1349.</summary>
    public static readonly (string Name, byte Value)[] TypesOfService =
    [
        ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04), ("Minimize-Cost", 0x02), ("Normal-Service", 0),
    ];

    public static readonly (string Name, PacketType Value)[] PacketTypes =
    [
        ("unicast", PacketType.Host), ("broadcast", PacketType.Broadcast), ("multicast", PacketType.Multicast),
        ("host", PacketType.Host), ("bcast", PacketType.Broadcast), ("mcast", PacketType.Multicast),
        ("otherhost", PacketType.OtherHost),
    ];

    /// <summary>The options of <c>conntrack</c> that look at the connection's record.</summary>
    public static readonly (string Name, ConnectionField Value)[] ConnectionFields =
    [
        ("--ctproto", ConnectionField.Protocol), ("--ctorigsrc", ConnectionField.OriginalSource),
        ("--ctorigdst", ConnectionField.OriginalDestination), ("--ctreplsrc", ConnectionField.ReplySource),
        ("--ctrepldst", ConnectionField.ReplyDestination), ("--ctorigsrcport", ConnectionField.OriginalSourcePort),
        ("--ctorigdstport", ConnectionField.OriginalDestinationPort), ("--ctreplsrcport", ConnectionField.ReplySourcePort),
        ("--ctrepldstport", ConnectionField.ReplyDestinationPort), ("--ctexpire", ConnectionField.Expiry),
        ("--ctdir", ConnectionField.Direction),
    ];

    /// <summary>The levels of syslog.</summary>
    public static readonly (string Name, byte Value)[] LogLevels =
    [
        ("emerg", 0), ("alert", 1), ("crit", 2), ("error", 3), ("warning", 4), ("notice", 5), ("info", 6), ("debug", 7),
        ("panic", 0), ("err", 3), ("warn", 4),
    ];

    public static readonly (string Name, LogOptions Value)[] LogFlags =
    [
        ("--log-tcp-sequence", LogOptions.TcpSequence), ("--log-tcp-options", LogOptions.TcpOptions),
        ("--log-ip-options", LogOptions.IpOptions), ("--log-uid", LogOptions.Uid), ("--log-macdecode", LogOptions.MacDecode),
    ];
}
