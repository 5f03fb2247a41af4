using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>The options of each extension.</content>
internal sealed partial class MatchDraft
{
    /// <summary>Room of the kernel's own list (<c>XT_MULTI_PORTS</c>).</summary>
    private const int MostPorts = 15;

    /// <summary>Reads an option. False when the extension does not have it, or does not evaluate it.</summary>
    public bool TryOption(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (IsUnknown)
            return false;
        bool taken = _module switch
        {
            "comment" => TryComment(option, ref arguments),
            "tcp" or "udp" or "udplite" or "sctp" or "dccp" => TryPort(option, ref arguments) || (_module == "tcp" && (TryFlags(option, ref arguments) || TryTcpOption(option, ref arguments))),
            "icmp" or "icmp6" or "icmpv6" => TryIcmp(option, ref arguments),
            "multiport" => TryMultiport(option, ref arguments),
            "mark" or "connmark" => TryMark(option, ref arguments),
            "conntrack" or "state" => TryConntrack(option, ref arguments),
            "addrtype" => TryAddressType(option, ref arguments),
            "statistic" => TryStatistic(option, ref arguments),
            "recent" => TryRecent(option, ref arguments),
            "ttl" or "hl" => TryTtl(option, ref arguments),
            "length" => TryLength(option, ref arguments),
            "dscp" or "tos" => TryTrafficClass(option, ref arguments),
            "ecn" => TryEcn(option, ref arguments),
            "iprange" => TryIpRange(option, ref arguments),
            "u32" => TryU32(option, ref arguments),
            "pkttype" => TryPacketType(option, ref arguments),
            "mac" => TryMac(option, ref arguments),
            "set" => TrySet(option, ref arguments),
            _ => TryLimit(option, ref arguments),
        };
        _seen |= taken;
        return taken;
    }

    private bool TryComment(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--comment")
            return false;
        _name = arguments.Take("a comment").ToString();

        // Words people forgot to quote; iptables itself would refuse them.
        while (arguments.HasValue)
            _name += $" {arguments.Take("a comment")}";
        return true;
    }

    private bool TryPort(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        bool source = option is "--sport" or "--source-port";
        if (!source && option is not ("--dport" or "--destination-port"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("a port");
        if (!Literals.TryPorts(text, ':', out PortRange range, byName: true))
            throw arguments.Expected("a port or a range like 1024:65535", text);
        (source ? ref _source : ref _destination) = new PortTest(range, arguments.Negated);
        return true;
    }

    private bool TryFlags(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (_flagMask != 0 && option is ("--syn" or "--tcp-flags"))
            throw arguments.Expected("--syn or --tcp-flags, once", option);
        if (option is "--syn")
        {
            (_flagMask, _flagValue, _flagsNegated) = (0x17, 0x02, arguments.Negated);
            return true;
        }

        if (option is not "--tcp-flags")
            return false;
        _flagMask = TakeFlags(ref arguments);
        _flagValue = TakeFlags(ref arguments);
        _flagsNegated = arguments.Negated;
        return true;
    }

    private static byte TakeFlags(ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take("TCP flags");
        byte flags = 0;
        foreach (Range part in text.Split(','))
        {
            if (!Names.TryFind(Names.TcpFlags, text[part], out byte flag))
                throw arguments.Expected("TCP flags (FIN, SYN, RST, PSH, ACK, URG, ALL or NONE)", text);
            flags |= flag;
        }

        return flags;
    }

    private bool TryIcmp(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        bool v6 = _module != "icmp";
        if (!option.SequenceEqual(v6 ? "--icmpv6-type" : "--icmp-type"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("an ICMP type");
        _negated = arguments.Negated;
        // Type 255 of icmp stands for any, of icmp6 it is a type.
        if (!v6 && (text.Equals("any", StringComparison.OrdinalIgnoreCase) || text is "255"))
            return true;
        if (Names.TryBegin(v6 ? Names.IcmpV6 : Names.Icmp, text, unique: true, out (byte Type, byte? Code) named))
        {
            (_icmpType, _lowCode, _highCode) = (named.Type, named.Code ?? 0, named.Code ?? 255);
            return true;
        }

        int slash = text.IndexOf('/');
        if (!Literals.TryByte(slash < 0 ? text : text[..slash], out byte type)
            || (slash >= 0 && !TryCodes(text[(slash + 1)..])))
        {
            throw arguments.Expected("an ICMP type like 8, 3/1 or echo-request", text);
        }

        _icmpType = !v6 && type == byte.MaxValue ? null : type;
        return true;
    }

    private bool TryCodes(ReadOnlySpan<char> text)
    {
        int dash = text.IndexOf('-');
        bool ok = Literals.TryByte(dash < 0 ? text : text[..dash], out _lowCode);
        _highCode = _lowCode;
        return ok && (dash < 0 || Literals.TryByte(text[(dash + 1)..], out _highCode));
    }

    private bool TryMultiport(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        PacketSide? side = option switch
        {
            "--sports" or "--source-ports" => PacketSide.Source,
            "--dports" or "--destination-ports" => PacketSide.Destination,
            "--ports" or "--port" => PacketSide.Either,
            _ => null,
        };
        if (side is null)
            return false;
        if (_seen)
            throw arguments.Expected("one list of ports", option);
        ReadOnlySpan<char> text = arguments.Take("ports");
        foreach (Range part in text.Split(','))
        {
            if (!Literals.TryPorts(text[part], ':', out PortRange range, byName: true, mayBeOpen: false) || (range.Low == range.High && text[part].Contains(':')))
                throw arguments.Expected("ports like 80,443,8000:8080", text);
            _ports.Add(range);
        }

        if (_ports.Sum(range => range.Low == range.High ? 1 : 2) > MostPorts)
            throw arguments.Expected($"at most {MostPorts} ports, a range being two", text);
        (_side, _negated) = (side.Value, arguments.Negated);
        return true;
    }

    private bool TryMark(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--mark")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a mark");
        if (!Literals.TryMasked(text, out _value, out _mask))
            throw arguments.Expected("a mark like 0x4000 or 0x4000/0x4000", text);
        _negated = arguments.Negated;
        return true;
    }

    private bool TryAddressType(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is "--src-type")
        {
            _sourceTypes = TakeFlagList(Names.AddressKinds, ref arguments, "address types like LOCAL", static (a, b) => a | b);
            _sourceNegated = arguments.Negated;
            return true;
        }

        if (option is not "--dst-type")
            return false;
        _destinationTypes = TakeFlagList(Names.AddressKinds, ref arguments, "address types like LOCAL", static (a, b) => a | b);
        _destinationNegated = arguments.Negated;
        return true;
    }

    private bool TryStatistic(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--mode":
                ReadOnlySpan<char> mode = arguments.Take("random or nth");
                _mode = mode is "random" ? StatisticMode.Random : mode is "nth" ? StatisticMode.Nth : throw arguments.Expected("random or nth", mode);
                return true;
            case "--probability":
                ReadOnlySpan<char> text = arguments.Take("a probability");
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double p) || !(p >= 0 && p <= 1))
                    throw arguments.Expected("a probability from 0 to 1", text);
                (_threshold, _negated) = (StatisticMatch.ThresholdOf(p), arguments.Negated);
                return true;
            case "--every":
                _every = TakeNumber(ref arguments, "a count from 1");
                if (_every == 0)
                    throw arguments.Expected("a count from 1", "0");
                _negated = arguments.Negated;
                return true;
            case "--packet":
                _packet = TakeNumber(ref arguments, "a packet number from 0");
                return true;
            default:
                return false;
        }
    }

    private bool TryRecent(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        RecentMode? mode = option switch
        {
            "--set" => RecentMode.Set,
            "--rcheck" => RecentMode.Check,
            "--update" => RecentMode.Update,
            "--remove" => RecentMode.Remove,
            _ => null,
        };
        if (mode is not null)
        {
            if (_recent is not null)
                throw arguments.Expected("one of --set, --rcheck, --update and --remove", option);
            (_recent, _negated) = (mode, arguments.Negated);
            return true;
        }

        switch (option)
        {
            case "--seconds":
                _seconds = TakeNumber(ref arguments, "seconds, from 1");
                if (_seconds == 0)
                    throw arguments.Expected("seconds, from 1", "0");
                return true;
            case "--hitcount":
                _hitCount = TakeNumber(ref arguments, $"a count up to {RecentMatch.MaxHitCount}", RecentMatch.MaxHitCount);
                return true;
            case "--reap":
                return _reap = true;
            case "--rttl":
                return _sameTtl = true;
            case "--name":
                _name = arguments.Take("the name of a list").ToString();
                return true;
            case "--rsource" or "--rdest":
                _side = option is "--rsource" ? PacketSide.Source : PacketSide.Destination;
                return true;
            case "--mask":
                ReadOnlySpan<char> text = arguments.Take("a mask");
                if (!Literals.TryAddress(text, out _, out UInt128 mask))
                    throw arguments.Expected("a mask like 255.255.255.255", text);
                _recentMask = mask;
                return true;
            default:
                return false;
        }
    }

    private static uint TakeNumber(ref OptionArguments arguments, string expected, uint most = uint.MaxValue)
    {
        ReadOnlySpan<char> text = arguments.Take(expected);
        return Literals.TryUInt32(text, out uint value) && value <= most ? value : throw arguments.Expected(expected, text);
    }

    private static T TakeFlagList<T>((string Name, T Value)[] names, ref OptionArguments arguments, string expected, Func<T, T, T> or)
        where T : struct
    {
        ReadOnlySpan<char> text = arguments.Take(expected);
        T flags = default;
        foreach (Range part in text.Split(','))
        {
            if (!Names.TryFind(names, text[part], out T flag))
                throw arguments.Expected(expected, text);
            flags = or(flags, flag);
        }

        return flags;
    }
}
