using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>A target extension while its options are read.</summary>
internal sealed partial class TargetDraft
{
    private static readonly HashSet<string> Known =
    [
        "REJECT", "MARK", "CONNMARK", "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "CT", "NOTRACK", "TTL", "HL", "DSCP",
        "TOS", "TCPMSS", "SET", "LOG", "NFLOG", "TRACE",
    ];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> KnownSpans = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    private string _name = "";
    private RejectKind _reject;

    /// <summary>True when the target, or an option of it, is kept by name only.</summary>
    public bool IsUnknown { get; set; }

    /// <summary>The words of its options.</summary>
    public List<(int From, int To)> Raw { get; } = [];

    public static bool IsKnown(ReadOnlySpan<char> name) => KnownSpans.Contains(name);

    public void Reset(string name)
    {
        _name = name;
        IsUnknown = !IsKnown(name);
        Raw.Clear();
        _reject = RejectKind.None;
        (_value, _mask, _packetMask, _hasValue, _copy) = (0, uint.MaxValue, uint.MaxValue, false, ConnectionMarkMode.Set);
        (_low, _high, _ports, _flags) = (null, null, null, NatFlags.None);
        (_mode, _noTrack, _zone, _helper) = (HopLimitMode.Set, name == "NOTRACK", null, null);
        (_log, _set) = (EmptyLog, EmptySet);
    }

    /// <summary>Reads an option. False when the target does not have it.</summary>
    public bool TryOption(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (arguments.Negated)
            return false;
        return _name switch
        {
            "REJECT" => TryReject(option, ref arguments),
            "MARK" => TryMark(option, ref arguments),
            "CONNMARK" => TryConnectionMark(option, ref arguments),
            "DNAT" => TryNat(option, "--to-destination", ref arguments),
            "SNAT" => TryNat(option, "--to-source", ref arguments),
            "MASQUERADE" or "REDIRECT" => TryPorts(option, ref arguments),
            "NETMAP" => TryNetmap(option, ref arguments),
            "CT" => TryTracking(option, ref arguments),
            "TTL" or "HL" => TryHopLimit(option, ref arguments),
            "DSCP" => TryDscp(option, ref arguments),
            "TOS" => TryTos(option, ref arguments),
            "TCPMSS" => TryTcpMss(option, ref arguments),
            "SET" => TrySet(option, ref arguments),
            "LOG" => TryLog(option, ref arguments),
            "NFLOG" => TryNfLog(option, ref arguments),
            _ => false,
        };
    }

    public RuleTarget Build(IpFamily family, LineTokens tokens) =>
        IsUnknown ? new UnknownTarget(_name, RawText.Join(tokens, Raw)) : Build(family);

    /// <summary>True when the option without which the target says nothing is missing.</summary>
    public bool IsIncomplete => !IsUnknown && _name switch
    {
        "MARK" or "CONNMARK" or "TTL" or "HL" or "DSCP" or "TOS" or "TCPMSS" => !_hasValue,
        "DNAT" or "SNAT" => _low is null && _ports is null,
        "NETMAP" => _low is null,
        "SET" => _set is { Add: null, Remove: null, Map: null },
        _ => false,
    };

    private RuleTarget Build(IpFamily family) => _name switch
    {
        "REJECT" => new RejectTarget(_reject != RejectKind.None ? _reject
            : family == IpFamily.V4 ? RejectKind.PortUnreachable : RejectKind.V6PortUnreachable),
        "MARK" => new MarkTarget(_value, _mask),
        "CONNMARK" => new ConnectionMarkTarget(_copy, _value, _mask, _packetMask),
        "DNAT" => new NatTarget(NatKind.Dnat, family, _low, _high, _ports, _flags) { PortBase = _portBase },
        "SNAT" => new NatTarget(NatKind.Snat, family, _low, _high, _ports, _flags),
        "MASQUERADE" => new NatTarget(NatKind.Masquerade, family, null, null, _ports, _flags),
        "REDIRECT" => new NatTarget(NatKind.Redirect, family, null, null, _ports, _flags),
        "NETMAP" => new NatTarget(NatKind.Netmap, family, _low, _high, null),
        "CT" or "NOTRACK" => new TrackingTarget(_noTrack, _zone, _helper, IsAlias: _name == "NOTRACK"),
        "TTL" => new HopLimitTarget(IpFamily.V4, _mode, (byte)_value),
        "HL" => new HopLimitTarget(IpFamily.V6, _mode, (byte)_value),
        "DSCP" => new DscpTarget((byte)_value),
        "TOS" => new TosTarget((byte)_value, (byte)_mask),
        "TCPMSS" => new TcpMssTarget(_value == ClampToPath ? null : (ushort)_value),
        "SET" => _set,
        "LOG" => _log with { Kind = LogKind.Log },
        "NFLOG" => _log with { Kind = LogKind.NfLog },
        _ => _log with { Kind = LogKind.Trace },
    };

    private bool TryReject(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--reject-with")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a reject type");
        bool v6 = arguments.Family == IpFamily.V6 || text.StartsWith("icmp6-");
        if (!Names.TryBegin(v6 ? Names.RejectsV6 : Names.Rejects, text, unique: false, out _reject))
            throw arguments.Expected("a reject type like icmp-port-unreachable or tcp-reset", text);
        if (text.StartsWith("icmp6-"))
            arguments.Family ??= IpFamily.V6;
        return true;
    }
}
