using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>A target extension while its options are read.</summary>
internal sealed class TargetDraft
{
    private string _name = "";
    private RejectKind _reject;
    private uint _value, _mask;
    private bool _hasMark;
    private UInt128? _low, _high;
    private PortRange? _ports;
    private NatFlags _flags;

    /// <summary>True when the target, or an option of it, is kept by name only.</summary>
    public bool IsUnknown { get; set; }

    /// <summary>The words of its options.</summary>
    public List<(int From, int To)> Raw { get; } = [];

    public static bool IsKnown(ReadOnlySpan<char> name) => name is "REJECT" or "MARK" or "DNAT" or "SNAT" or "MASQUERADE" or "REDIRECT";

    public void Reset(string name)
    {
        _name = name;
        IsUnknown = !IsKnown(name);
        Raw.Clear();
        _reject = RejectKind.None;
        (_value, _mask, _hasMark) = (0, 0, false);
        (_low, _high, _ports, _flags) = (null, null, null, NatFlags.None);
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
            "DNAT" => TryNat(option, "--to-destination", ref arguments),
            "SNAT" => TryNat(option, "--to-source", ref arguments),
            _ => TryPorts(option, ref arguments),
        };
    }

    public RuleTarget Build(IpFamily family, LineTokens tokens)
    {
        if (IsUnknown || (_name == "MARK" && !_hasMark) || (_name is "DNAT" or "SNAT" && _low is null && _ports is null))
            return new UnknownTarget(_name, RawText.Join(tokens, Raw));
        return _name switch
        {
            "REJECT" => new RejectTarget(_reject != RejectKind.None ? _reject
                : family == IpFamily.V4 ? RejectKind.PortUnreachable : RejectKind.V6PortUnreachable),
            "MARK" => new MarkTarget(_value, _mask),
            "DNAT" => new NatTarget(NatKind.Dnat, family, _low, _high, _ports, _flags),
            "SNAT" => new NatTarget(NatKind.Snat, family, _low, _high, _ports, _flags),
            "MASQUERADE" => new NatTarget(NatKind.Masquerade, family, null, null, _ports, _flags),
            _ => new NatTarget(NatKind.Redirect, family, null, null, _ports, _flags),
        };
    }

    private bool TryReject(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--reject-with")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a reject type");
        bool v6 = arguments.Family == IpFamily.V6 || text.StartsWith("icmp6-");
        if (!Names.TryFind(v6 ? Names.RejectsV6 : Names.Rejects, text, out _reject))
            throw arguments.Expected("a reject type like icmp-port-unreachable or tcp-reset", text);
        if (text.StartsWith("icmp6-"))
            arguments.Family ??= IpFamily.V6;
        return true;
    }

    private bool TryMark(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--set-mark" or "--set-xmark" or "--and-mark" or "--or-mark" or "--xor-mark"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("a mark");
        if (!Literals.TryMasked(text, out uint value, out uint mask))
            throw arguments.Expected("a mark like 0x4000 or 0x4000/0x4000", text);
        (_value, _mask) = option switch
        {
            "--set-mark" => (value, mask | value),
            "--set-xmark" => (value, mask),
            "--and-mark" => (0u, ~value),
            "--or-mark" => (value, value),
            _ => (value, 0u),
        };
        _hasMark = true;
        return true;
    }

    private bool TryNat(ReadOnlySpan<char> option, string to, ref OptionArguments arguments)
    {
        if (!option.SequenceEqual(to))
            return TryFlag(option);
        ReadOnlySpan<char> text = arguments.Take("an address and port");
        if (_low is not null || !TryRange(text, ref arguments))
            throw arguments.Expected("an address range and ports like 10.0.0.1-10.0.0.9:80-90 or [fd00::1]:80, once", text);
        return true;
    }

    /// <summary><c>address[-address][:port[-port]]</c>; IPv6 with ports in brackets.</summary>
    private bool TryRange(ReadOnlySpan<char> text, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> addresses = text, ports = default;
        if (text is ['[', ..])
        {
            int close = text.IndexOf(']');
            if (close < 0)
                return false;
            addresses = text[1..close];
            ports = text[(close + 1)..];
        }
        else if (text.Count(':') == 1)
        {
            int colon = text.IndexOf(':');
            addresses = text[..colon];
            ports = text[colon..];
        }

        if (ports.Length > 0)
        {
            if (ports[0] != ':' || !Literals.TryPorts(ports[1..], '-', out PortRange range))
                return false;
            _ports = range;
        }

        return addresses.IsEmpty ? _ports is not null : TryAddresses(addresses, ref arguments);
    }

    private bool TryAddresses(ReadOnlySpan<char> text, ref OptionArguments arguments)
    {
        int dash = text.IndexOf('-');
        if (!Literals.TryAddress(dash < 0 ? text : text[..dash], out IpFamily family, out UInt128 low))
            return false;
        UInt128 high = low;
        if (dash >= 0 && (!Literals.TryAddress(text[(dash + 1)..], out IpFamily highFamily, out high) || highFamily != family || high < low))
            return false;
        arguments.Family ??= family;
        (_low, _high) = (low, high);
        return arguments.Family == family;
    }

    private bool TryPorts(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--to-ports" or "--to-port"))
            return TryFlag(option);
        ReadOnlySpan<char> text = arguments.Take("a port or a range");
        if (!Literals.TryPorts(text, '-', out PortRange range))
            throw arguments.Expected("a port or a range like 1024-65535", text);
        _ports = range;
        return true;
    }

    private bool TryFlag(ReadOnlySpan<char> option)
    {
        NatFlags flag = option switch
        {
            "--random" => NatFlags.Random,
            "--random-fully" => NatFlags.RandomFully,
            "--persistent" => NatFlags.Persistent,
            _ => NatFlags.None,
        };
        _flags |= flag;
        return flag != NatFlags.None;
    }
}
