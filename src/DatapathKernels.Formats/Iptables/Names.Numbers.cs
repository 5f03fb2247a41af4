using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <content>
/// Names that iptables looks up in /etc/protocols and /etc/services. Both files differ from system to system; these are the
/// names that have long been in all of them, so that a file is read the same everywhere. iptables-save prints ports as numbers.
/// </content>
internal static partial class Names
{
    private static readonly (string Name, byte Value)[] s_protocolFile =
    [
        ("all", 0), ("hopopt", 0), ("ggp", 3), ("ipencap", 4), ("st", 5), ("egp", 8), ("igp", 9), ("pup", 12), ("hmp", 20), ("xns-idp", 22), ("rdp", 27),
        ("iso-tp4", 29), ("xtp", 36), ("ddp", 37), ("idpr-cmtp", 38), ("ipv6-route", 43), ("ipv6-frag", 44), ("idrp", 45),
        ("rsvp", 46), ("skip", 57), ("ipv6-nonxt", 59), ("ipv6-opts", 60), ("rspf", 73), ("vmtp", 81), ("eigrp", 88),
        ("ospfigp", 89), ("ax.25", 93), ("etherip", 97), ("encap", 98), ("pim", 103), ("ipcomp", 108), ("l2tp", 115),
        ("isis", 124), ("fc", 133), ("mobility-header", 135), ("mpls-in-ip", 137), ("manet", 138), ("hip", 139), ("shim6", 140),
        ("wesp", 141), ("rohc", 142),
    ];

    private static readonly (string Name, ushort Value)[] s_serviceFile =
    [
        ("echo", 7), ("discard", 9), ("daytime", 13), ("chargen", 19), ("ftp-data", 20), ("ftp", 21), ("ssh", 22), ("telnet", 23),
        ("smtp", 25), ("mail", 25), ("time", 37), ("whois", 43), ("tacacs", 49), ("domain", 53), ("bootps", 67), ("bootpc", 68),
        ("tftp", 69), ("gopher", 70), ("finger", 79), ("http", 80), ("www", 80), ("kerberos", 88), ("pop3", 110), ("sunrpc", 111),
        ("portmapper", 111), ("auth", 113), ("ident", 113), ("nntp", 119), ("ntp", 123), ("netbios-ns", 137), ("netbios-dgm", 138),
        ("netbios-ssn", 139), ("imap2", 143), ("imap", 143), ("snmp", 161), ("snmp-trap", 162), ("snmptrap", 162), ("xdmcp", 177),
        ("bgp", 179), ("irc", 194), ("ldap", 389), ("https", 443), ("microsoft-ds", 445), ("kpasswd", 464), ("isakmp", 500),
        ("rtsp", 554), ("submission", 587), ("ipp", 631), ("ldaps", 636), ("kerberos-adm", 749), ("rsync", 873), ("ftps-data", 989),
        ("ftps", 990), ("telnets", 992), ("imaps", 993), ("pop3s", 995), ("socks", 1080), ("openvpn", 1194), ("ms-sql-s", 1433),
        ("ms-sql-m", 1434), ("l2f", 1701), ("radius", 1812), ("radius-acct", 1813), ("nfs", 2049), ("mysql", 3306), ("svn", 3690),
        ("iax", 4569), ("sip", 5060), ("sip-tls", 5061), ("xmpp-client", 5222), ("xmpp-server", 5269), ("mdns", 5353),
        ("postgresql", 5432), ("amqps", 5671), ("amqp", 5672), ("x11", 6000), ("git", 9418), ("http-alt", 8080),
    ];

    /// <summary>A protocol by name or number.</summary>
    public static bool TryProtocol(ReadOnlySpan<char> text, out IpProtocol protocol)
    {
        if (TryFind(Protocols, text, out protocol))
            return true;
        bool found = TryFind(s_protocolFile, text, out byte number) || Literals.TryByte(text, out number);
        protocol = (IpProtocol)number;
        return found;
    }

    /// <summary>The port of a service by its name.</summary>
    public static bool TryService(ReadOnlySpan<char> text, out ushort port) => TryFind(s_serviceFile, text, out port);
}
