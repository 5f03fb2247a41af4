using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>The words of nftables, both ways.</summary>
internal static partial class NftText
{
    private static readonly string[] Hooks = ["prerouting", "input", "forward", "output", "postrouting"];

    private static readonly (string Name, NftDataType Type)[] Types =
    [
        ("ipv4_addr", NftDataType.Ipv4Address), ("ipv6_addr", NftDataType.Ipv6Address), ("inet_proto", NftDataType.Protocol),
        ("inet_service", NftDataType.Port), ("mark", NftDataType.Mark), ("ifname", NftDataType.InterfaceName), ("ct_state", NftDataType.State),
        ("ct_status", NftDataType.Status), ("fib_addrtype", NftDataType.AddressType), ("integer", NftDataType.Integer),
    ];

    private static readonly (string Name, int Priority)[] Priorities =
        [("raw", -300), ("mangle", -150), ("dstnat", -100), ("filter", 0), ("security", 50), ("srcnat", 100)];

    // The first word of each field, in front of a blank, is the expression; several spellings of one field: the first is written.
    private static readonly (string Expression, string Name, NftField Field)[] Fields =
    [
        ("ip", "saddr", NftField.SourceV4), ("ip", "daddr", NftField.DestinationV4),
        ("ip6", "saddr", NftField.SourceV6), ("ip6", "daddr", NftField.DestinationV6),
        ("meta", "l4proto", NftField.Protocol), ("ip", "protocol", NftField.Protocol), ("ip6", "nexthdr", NftField.Protocol), ("ip6", "protocol", NftField.Protocol),
        ("meta", "mark", NftField.Mark), ("meta", "iifname", NftField.InInterface), ("meta", "oifname", NftField.OutInterface),
        ("meta", "iif", NftField.InInterface), ("meta", "oif", NftField.OutInterface),
        ("th", "sport", NftField.SourcePort), ("th", "dport", NftField.DestinationPort),
        ("tcp", "sport", NftField.TcpSourcePort), ("tcp", "dport", NftField.TcpDestinationPort),
        ("udp", "sport", NftField.UdpSourcePort), ("udp", "dport", NftField.UdpDestinationPort),
        ("sctp", "sport", NftField.SctpSourcePort), ("sctp", "dport", NftField.SctpDestinationPort),
        ("ct", "state", NftField.State), ("ct", "status", NftField.Status), ("ct", "mark", NftField.ConnectionMark),
    ];

    private static readonly (string Name, bool V6, RejectKind Kind)[] Rejects =
    [
        ("net-unreachable", false, RejectKind.NetUnreachable), ("host-unreachable", false, RejectKind.HostUnreachable),
        ("prot-unreachable", false, RejectKind.ProtocolUnreachable), ("port-unreachable", false, RejectKind.PortUnreachable),
        ("net-prohibited", false, RejectKind.NetProhibited), ("host-prohibited", false, RejectKind.HostProhibited),
        ("admin-prohibited", false, RejectKind.AdminProhibited), ("no-route", true, RejectKind.V6NoRoute),
        ("admin-prohibited", true, RejectKind.V6AdminProhibited), ("addr-unreachable", true, RejectKind.V6AddressUnreachable),
        ("port-unreachable", true, RejectKind.V6PortUnreachable), ("policy-fail", true, RejectKind.V6PolicyFail), ("reject-route", true, RejectKind.V6RejectRoute),
    ];

    public static string TypeNames => string.Join(", ", Types.Select(type => type.Name));

    public static bool TryParseFamily(string text, out NftFamily family)
    {
        family = text switch { "ip6" => NftFamily.Ip6, "inet" => NftFamily.Inet, _ => NftFamily.Ip };
        return text is "ip" or "ip6" or "inet";
    }

    public static string NameOf(NftFamily family) => family switch { NftFamily.Ip6 => "ip6", NftFamily.Inet => "inet", _ => "ip" };

    public static bool TryParseChainType(string text, out NftChainType type)
    {
        type = text switch { "nat" => NftChainType.Nat, "route" => NftChainType.Route, _ => NftChainType.Filter };
        return text is "filter" or "nat" or "route";
    }

    public static string NameOf(NftChainType type) => type switch { NftChainType.Nat => "nat", NftChainType.Route => "route", _ => "filter" };

    public static bool TryParseHook(string text, out Hook hook)
    {
        int index = Array.IndexOf(Hooks, text);
        hook = (Hook)Math.Max(index, 0);
        return index >= 0;
    }

    public static string NameOf(Hook hook) => Hooks[(int)hook];

    public static bool TryParsePriority(string text, out int priority)
    {
        int index = Array.FindIndex(Priorities, known => known.Name == text);
        priority = index < 0 ? 0 : Priorities[index].Priority;
        return index >= 0;
    }

    public static bool TryParseType(string text, out NftDataType type)
    {
        int index = Array.FindIndex(Types, known => known.Name == text);
        type = index < 0 ? default : Types[index].Type;
        return index >= 0;
    }

    public static string NameOf(NftDataType type) => Array.Find(Types, known => known.Type == type).Name;

    public static bool TryParseField(string expression, string name, out NftField field)
    {
        int index = Array.FindIndex(Fields, known => known.Expression == expression && known.Name == name);
        field = index < 0 ? default : Fields[index].Field;
        return index >= 0;
    }

    public static string FieldsOf(string expression) => string.Join(", ", Fields.Where(known => known.Expression == expression).Select(known => known.Name));

    public static string NameOf(NftField field) => field switch
    {
        NftField.Mark => "mark",
        NftField.InInterface => "iifname",
        NftField.OutInterface => "oifname",
        NftField.SourceType => "fib saddr type",
        NftField.DestinationType => "fib daddr type",
        _ => Array.Find(Fields, known => known.Field == field) is var found ? $"{found.Expression} {found.Name}" : "",
    };

    public static bool TryParseVerdict(string text, out NftVerdictKind kind)
    {
        kind = text switch
        {
            "accept" => NftVerdictKind.Accept,
            "drop" => NftVerdictKind.Drop,
            "return" => NftVerdictKind.Return,
            "jump" => NftVerdictKind.Jump,
            "goto" => NftVerdictKind.Goto,
            _ => NftVerdictKind.Continue,
        };
        return kind != NftVerdictKind.Continue || text == "continue";
    }

    public static string NameOf(NftVerdict verdict)
    {
        string name = verdict.Kind switch
        {
            NftVerdictKind.Accept => "accept",
            NftVerdictKind.Drop => "drop",
            NftVerdictKind.Return => "return",
            NftVerdictKind.Jump => "jump",
            NftVerdictKind.Goto => "goto",
            _ => "continue",
        };
        return verdict.Chain is null ? name : $"{name} {verdict.Chain}";
    }

    public static NatFlags NatFlagOf(string text) => text switch
    {
        "random" => NatFlags.Random,
        "fully-random" => NatFlags.RandomFully,
        "persistent" => NatFlags.Persistent,
        _ => NatFlags.None,
    };

    public static bool TryParseReject(string text, bool v6, out RejectKind kind)
    {
        int index = Array.FindIndex(Rejects, known => known.Name == text && known.V6 == v6);
        kind = index < 0 ? RejectKind.None : Rejects[index].Kind;
        return index >= 0;
    }

    public static string NameOf(RejectKind kind)
    {
        if (kind == RejectKind.TcpReset)
            return "tcp reset";
        (string name, bool v6, _) = Array.Find(Rejects, known => known.Kind == kind);
        return $"{(v6 ? "icmpv6" : "icmp")} {name}";
    }
}
