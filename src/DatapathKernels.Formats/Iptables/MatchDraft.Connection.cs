using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <content><c>conntrack</c>, <c>state</c>, <c>set</c> and <c>limit</c>.</content>
internal sealed partial class MatchDraft
{
    private readonly List<ConnectionTest> _connectionTests = [];

    private bool TryConntrack(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option.SequenceEqual(_module == "state" ? "--state" : "--ctstate"))
        {
            _states = TakeFlagList(Names.States, ref arguments, "connection states like NEW,RELATED", static (a, b) => a | b);
            if (_module == "state" && (_states & (ConnectionStates.Snat | ConnectionStates.Dnat)) != 0)
                throw arguments.Expected("INVALID, NEW, ESTABLISHED, RELATED or UNTRACKED", "SNAT or DNAT");
            _negated = arguments.Negated;
            return true;
        }

        if (_module == "state")
            return false;
        if (option is "--ctstatus")
        {
            _statuses = TakeFlagList(Names.Statuses, ref arguments, "connection statuses like ASSURED", static (a, b) => a | b);
            _statusesNegated = arguments.Negated;
            return true;
        }

        if (!Names.TryFind(Names.ConnectionFields, option, out ConnectionField field) || (field == ConnectionField.Direction && arguments.Negated))
            return false;
        _connectionTests.RemoveAll(test => test.Field == field);
        _connectionTests.Add(TakeConnectionTest(field, ref arguments));
        return true;
    }

    private static ConnectionTest TakeConnectionTest(ConnectionField field, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take("a value");
        switch (field)
        {
            case ConnectionField.Protocol:
                if (!Names.TryProtocol(text, out IpProtocol protocol))
                    throw arguments.Expected("a protocol (tcp, udp, ..., or 0 to 255)", text);
                return ConnectionTest.OfRange(field, (uint)protocol, (uint)protocol, arguments.Negated);
            case ConnectionField.Direction:
                bool reply = text.Equals("REPLY", StringComparison.OrdinalIgnoreCase);
                if (!reply && !text.Equals("ORIGINAL", StringComparison.OrdinalIgnoreCase))
                    throw arguments.Expected("ORIGINAL or REPLY", text);
                return ConnectionTest.OfRange(field, reply ? 1u : 0u, reply ? 1u : 0u);
            case ConnectionField.Expiry:
                int colon = text.IndexOf(':');
                uint low = 0, high = uint.MaxValue;
                bool ok = colon == 0 || Literals.TryUInt32(colon < 0 ? text : text[..colon], out low);
                high = colon < 0 ? low : high;
                if (!ok || (colon >= 0 && colon + 1 < text.Length && !Literals.TryUInt32(text[(colon + 1)..], out high)))
                    throw arguments.Expected("seconds or a range like 10:60", text);
                return ConnectionTest.OfRange(field, low, high, arguments.Negated);
            case ConnectionField.OriginalSource or ConnectionField.OriginalDestination or ConnectionField.ReplySource or ConnectionField.ReplyDestination:
                if (!Literals.TryNetwork(text, out IpNetwork network, isShort: true) || (arguments.Family ??= network.Family) != network.Family)
                    throw arguments.Expected("an address or network of the ruleset's family", text);
                return ConnectionTest.OfNetwork(field, network, arguments.Negated);
            default:
                if (!Literals.TryPorts(text, ':', out PortRange ports, byName: true, mayBeEmpty: true))
                    throw arguments.Expected("a port or a range like 1024:65535", text);
                return ConnectionTest.OfRange(field, ports.Low, ports.High, arguments.Negated);
        }
    }

    private ConntrackMatch BuildConntrack() => new(_states, _negated, _statuses, _statusesNegated, _module == "state")
    {
        Tests = [.. _connectionTests.OrderBy(test => test.Field)],
    };

    private bool TrySet(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is "--return-nomatch" && _match is SetMatch set)
        {
            _match = set with { ReturnNoMatch = true };
            return !arguments.Negated;
        }

        if (option is not ("--match-set" or "--set") || _match is not null)
            return false;
        string name = arguments.Take("the name of a set").ToString();
        ReadOnlySpan<char> text = arguments.Take("directions");
        if (!Literals.TryDirections(text, out IpSetDirections directions))
            throw arguments.Expected("directions like src,dst", text);
        _match = new SetMatch(name, directions, Negated: arguments.Negated);
        return true;
    }

    private bool TryLimit(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        LimitMatch limit = _match as LimitMatch ?? DefaultLimit;
        if (arguments.Negated)
            return false;
        switch (option)
        {
            case "--limit":
                ReadOnlySpan<char> text = arguments.Take("a rate");
                if (!RateText.TryParse(text, out uint period))
                    throw arguments.Expected("a rate like 10/sec, 5/min, 3/hour or 1/day, at most 10000 a second", text);
                _match = limit with { Period = period };
                return true;
            case "--limit-burst":
                _match = limit with { Burst = TakeNumber(ref arguments, "a count from 1", 10000) };
                return true;
            default:
                return false;
        }
    }

    private static readonly LimitMatch DefaultLimit = new(RateText.Default);
}
