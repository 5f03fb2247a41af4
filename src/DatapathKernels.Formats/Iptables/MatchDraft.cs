using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <summary>A match extension while its options are read. One object serves line after line.</summary>
internal sealed partial class MatchDraft
{
    private string _module = "";
    private PortTest _source, _destination;
    private byte _flagMask, _flagValue;
    private bool _flagsNegated, _negated, _seen;
    private byte? _icmpType;
    private byte _lowCode, _highCode;
    private PacketSide _side;
    private readonly List<PortRange> _ports = [];
    private uint _value, _mask;
    private ConnectionStates _states;
    private ConnectionStatuses? _statuses;
    private bool _statusesNegated;
    private AddressTypes _sourceTypes, _destinationTypes;
    private bool _sourceNegated, _destinationNegated;
    private StatisticMode? _mode;
    private uint? _threshold, _every;
    private uint _packet;
    private RecentMode? _recent;
    private string _name = "";
    private uint _seconds, _hitCount;
    private bool _reap;
    private UInt128? _recentMask;
    private bool _sameTtl;
    private byte _tcpOption;
    private bool _tcpOptionNegated;
    private RuleMatch? _match;

    /// <summary>True when the extension, or an option of it, is kept by name only.</summary>
    public bool IsUnknown { get; set; }

    /// <summary>The words of its options.</summary>
    public List<(int From, int To)> Raw { get; } = [];

    /// <summary>The extension iptables loads by itself for a protocol; null when there is none.</summary>
    public static string? OfProtocol(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.UdpLite => "udplite",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Dccp => "dccp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.IcmpV6 => "icmp6",
        _ => null,
    };

    /// <summary>True for the options of the extensions that are loaded unasked.</summary>
    public static bool IsProtocolOption(ReadOnlySpan<char> option) => option is "--sport" or "--source-port" or "--dport"
        or "--destination-port" or "--tcp-flags" or "--syn" or "--tcp-option" or "--icmp-type" or "--icmpv6-type"
        or "--chunk-types" or "--dccp-types" or "--dccp-option";

    /// <summary>True for the options of an extension loaded unasked that are not evaluated.</summary>
    public static bool IsKeptOption(string module, ReadOnlySpan<char> option) =>
        (module == "sctp" && option is "--chunk-types") || (module == "dccp" && option is ("--dccp-types" or "--dccp-option"));

    public void Reset(string module)
    {
        _module = module;
        IsUnknown = !IsKnown(module);
        Raw.Clear();
        _source = _destination = PortTest.Any;
        (_flagMask, _flagValue, _flagsNegated, _negated, _seen) = (0, 0, false, false, false);
        (_icmpType, _lowCode, _highCode) = (null, 0, 255);
        _ports.Clear();
        (_value, _mask) = (0, 0);
        (_states, _statuses, _statusesNegated) = (ConnectionStates.None, null, false);
        (_sourceTypes, _destinationTypes, _sourceNegated, _destinationNegated) = (AddressTypes.None, AddressTypes.None, false, false);
        (_mode, _threshold, _every, _packet) = (null, null, null, 0);
        (_recent, _name, _seconds, _hitCount, _reap, _recentMask) = (null, "DEFAULT", 0, 0, false, null);
        _side = PacketSide.Source;
        (_sameTtl, _tcpOption, _tcpOptionNegated, _match) = (false, 0, false, null);
        _connectionTests.Clear();
    }

    /// <summary>The match; the whole extension by name when some of it is not evaluated or an option it needs is missing.</summary>
    public RuleMatch Build(IpFamily family, LineTokens tokens)
    {
        RuleMatch? match = IsUnknown ? null : _module switch
        {
            "comment" => _seen ? new CommentMatch(_name) : null,
            "tcp" => new TcpMatch(_source, _destination, _flagMask, _flagValue, _flagsNegated, _tcpOption, _tcpOptionNegated),
            "udp" => new PortMatch(IpProtocol.Udp, _source, _destination),
            "udplite" => new PortMatch(IpProtocol.UdpLite, _source, _destination),
            "sctp" => new PortMatch(IpProtocol.Sctp, _source, _destination),
            "dccp" => new PortMatch(IpProtocol.Dccp, _source, _destination),
            "icmp" => new IcmpMatch(IpFamily.V4, _icmpType, _lowCode, _highCode, _negated),
            "icmp6" or "icmpv6" => new IcmpMatch(IpFamily.V6, _icmpType, _lowCode, _highCode, _negated),
            "multiport" => _seen ? new MultiportMatch(_side, _ports.ToArray(), _negated) : null,
            "mark" or "connmark" => _seen ? new MarkMatch(_module == "connmark", _value, _mask, _negated) : null,
            "conntrack" or "state" => _seen ? BuildConntrack() : null,
            "addrtype" => _seen ? new AddressTypeMatch(_sourceTypes, _sourceNegated, _destinationTypes, _destinationNegated) : null,
            "statistic" => BuildStatistic(),
            "recent" => BuildRecent(family),
            "limit" => _match ?? DefaultLimit,
            _ => _match,
        };
        return match ?? new UnknownMatch(_module, RawText.Join(tokens, Raw));
    }

    private static bool IsKnown(string module) => module is "comment" or "tcp" or "udp" or "udplite" or "sctp" or "dccp" or "icmp"
        or "icmp6" or "icmpv6" or "multiport" or "mark" or "connmark" or "conntrack" or "state" or "addrtype" or "statistic" or "recent"
        or "ttl" or "hl" or "length" or "dscp" or "tos" or "ecn" or "iprange" or "u32" or "pkttype" or "mac" or "set" or "limit";

    private StatisticMatch? BuildStatistic() => _mode switch
    {
        StatisticMode.Random when _threshold is { } threshold => new StatisticMatch(StatisticMode.Random, threshold, Negated: _negated),
        StatisticMode.Nth when _every is { } every && _packet < every => new StatisticMatch(StatisticMode.Nth, 0, every, _packet, _negated),
        _ => null,
    };

    private RecentMatch? BuildRecent(IpFamily family) => _recent is { } mode
        ? new RecentMatch(mode, _name, _seconds, _hitCount, _reap, _side, _recentMask ?? IpNetwork.MaskOf(family, IpNetwork.Bits(family)), _negated, _sameTtl)
        : null;
}
