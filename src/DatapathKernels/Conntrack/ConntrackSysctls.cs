using DatapathKernels.Diagnostics;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The options of a table by the kernel's names for them, as a node's <c>sysctl.conf</c> has them: <c>net.netfilter.nf_conntrack_tcp_timeout_established</c>, or without
/// <c>net.netfilter.</c>; the most connections also as <c>net.nf_conntrack_max</c>. Names and defaults as of Linux 6.1; timeouts are seconds, switches 0 or 1.
/// </summary>
public static class ConntrackSysctls
{
    private const string Folder = "net.netfilter.", Prefix = "nf_conntrack_", Max = Prefix + "max", MaxAlias = "net." + Max;

    private static readonly string[] s_tcpStates = ["syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait", "close"];
    private static readonly string[] s_sctpStates = ["closed", "cookie_wait", "cookie_echoed", "established", "shutdown_sent", "shutdown_recd", "shutdown_ack_sent", "heartbeat_sent"];
    private static readonly SortedDictionary<string, Sysctl> s_all = All();

    /// <summary>All names, without <c>net.netfilter.</c>.</summary>
    public static IReadOnlyCollection<string> Names => s_all.Keys;

    /// <summary>True for a name that is known.</summary>
    public static bool IsKnown(string name) => s_all.ContainsKey(Short(name));

    /// <summary>What an option is.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static int Get(ConntrackOptions options, string name) => Of(name).Get(options);

    /// <summary>The same options but for one.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative value, or a switch that is neither 0 nor 1.</exception>
    public static ConntrackOptions With(this ConntrackOptions options, string name, int value)
    {
        ArgumentNullException.ThrowIfNull(options);
        Sysctl sysctl = Of(name);
        if (value < 0 || (sysctl.IsSwitch && value > 1))
            Throw.OutOfRange(nameof(value), value, sysctl.IsSwitch ? "expected 0 or 1" : "expected 0 or more");
        return sysctl.Set(options, value);
    }

    private static string Short(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == MaxAlias)
            return Max;
        return name.StartsWith(Folder, StringComparison.Ordinal) ? name[Folder.Length..] : name;
    }

    private static Sysctl Of(string name)
    {
        if (!s_all.TryGetValue(Short(name), out Sysctl? sysctl))
            Throw.Argument(nameof(name), $"{name} is no sysctl of connection tracking; expected one of {string.Join(", ", s_all.Keys)}");
        return sysctl!;
    }

    private static SortedDictionary<string, Sysctl> All()
    {
        SortedDictionary<string, Sysctl> all = new(StringComparer.Ordinal);
        Number("max", o => o.Max, (o, v) => o with { Max = v });
        Number("buckets", o => o.Buckets, (o, v) => o with { Buckets = v });
        Switch("checksum", o => o.Checksum, (o, v) => o with { Checksum = v });
        Switch("acct", o => o.Accounting, (o, v) => o with { Accounting = v });
        Switch("timestamp", o => o.Timestamps, (o, v) => o with { Timestamps = v });
        Number("generic_timeout", o => o.GenericTimeout, (o, v) => o with { GenericTimeout = v });
        Number("udp_timeout", o => o.UdpTimeout, (o, v) => o with { UdpTimeout = v });
        Number("udp_timeout_stream", o => o.UdpStreamTimeout, (o, v) => o with { UdpStreamTimeout = v });
        Number("icmp_timeout", o => o.IcmpTimeout, (o, v) => o with { IcmpTimeout = v });
        Number("icmpv6_timeout", o => o.IcmpV6Timeout, (o, v) => o with { IcmpV6Timeout = v });
        Number("gre_timeout", o => o.GreTimeout, (o, v) => o with { GreTimeout = v });
        Number("gre_timeout_stream", o => o.GreStreamTimeout, (o, v) => o with { GreStreamTimeout = v });
        Switch("tcp_loose", o => o.Tcp.Loose, (o, v) => o with { Tcp = o.Tcp with { Loose = v } });
        Switch("tcp_be_liberal", o => o.Tcp.BeLiberal, (o, v) => o with { Tcp = o.Tcp with { BeLiberal = v } });
        Switch("tcp_ignore_invalid_rst", o => o.Tcp.IgnoreInvalidReset, (o, v) => o with { Tcp = o.Tcp with { IgnoreInvalidReset = v } });
        Number("tcp_max_retrans", o => o.Tcp.MaxRetransmissions, (o, v) => o with { Tcp = o.Tcp with { MaxRetransmissions = v } });
        Number("tcp_timeout_max_retrans", o => o.Tcp.MaxRetransmissionsTimeout, (o, v) => o with { Tcp = o.Tcp with { MaxRetransmissionsTimeout = v } });
        Number("tcp_timeout_unacknowledged", o => o.Tcp.UnacknowledgedTimeout, (o, v) => o with { Tcp = o.Tcp with { UnacknowledgedTimeout = v } });
        for (int i = 0; i < s_tcpStates.Length; i++)
        {
            int state = (int)TcpState.SynSent + i;
            Number("tcp_timeout_" + s_tcpStates[i], o => o.Tcp.StateTimeouts[state], (o, v) => o with { Tcp = o.Tcp with { StateTimeouts = Replaced(o.Tcp.StateTimeouts, state, v) } });
        }

        for (int i = 0; i < s_sctpStates.Length; i++)
        {
            int state = (int)SctpState.Closed + i;
            Number("sctp_timeout_" + s_sctpStates[i], o => o.Sctp.StateTimeouts[state], (o, v) => o with { Sctp = o.Sctp with { StateTimeouts = Replaced(o.Sctp.StateTimeouts, state, v) } });
        }

        return all;

        void Number(string name, Func<ConntrackOptions, int> get, Func<ConntrackOptions, int, ConntrackOptions> set) => all.Add(Prefix + name, new Sysctl(get, set, IsSwitch: false));

        void Switch(string name, Func<ConntrackOptions, bool> get, Func<ConntrackOptions, bool, ConntrackOptions> set) =>
            all.Add(Prefix + name, new Sysctl(options => get(options) ? 1 : 0, (options, value) => set(options, value != 0), IsSwitch: true));
    }

    private static int[] Replaced(IReadOnlyList<int> values, int index, int value)
    {
        int[] replaced = new int[values.Count];
        for (int i = 0; i < replaced.Length; i++)
            replaced[i] = i == index ? value : values[i];
        return replaced;
    }

    private sealed record Sysctl(Func<ConntrackOptions, int> Get, Func<ConntrackOptions, int, ConntrackOptions> Set, bool IsSwitch);
}
