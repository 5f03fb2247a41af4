using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>The match extensions beyond ports, marks and states, as iptables-save spells them.</summary>
internal static class ExtensionWriter
{
    public static string TextOf(RuleMatch match) => match switch
    {
        TtlMatch ttl => Ttl(ttl),
        LengthMatch length => $" -m length{Not(length.Negated)} --length {new PortRange(length.Low, length.High)}",
        DscpMatch dscp => $" -m dscp{Not(dscp.Negated)} --dscp {Byte(dscp.Value)}",
        TosMatch tos => $" -m tos{Not(tos.Negated)} --tos {Byte(tos.Value)}/{Byte(tos.Mask)}",
        EcnMatch ecn => $" -m ecn{Flag(ecn.Ece, "--ecn-tcp-ece")}{Flag(ecn.Cwr, "--ecn-tcp-cwr")}"
            + (ecn.CodePoint is { } point ? $"{Not(ecn.CodePointNegated)} --ecn-ip-ect {point}" : ""),
        IpRangeMatch range => " -m iprange"
            + (range.Source is { } source ? $"{Not(range.SourceNegated)} --src-range {source}" : "")
            + (range.Destination is { } destination ? $"{Not(range.DestinationNegated)} --dst-range {destination}" : ""),
        U32Match u32 => $" -m u32{Not(u32.Negated)} --u32 \"{u32.Expression}\"",
        PacketTypeMatch type => $" -m pkttype{Not(type.Negated)} --pkt-type {Names.Of(Names.PacketTypes, type.Type)}",
        MacMatch mac => $" -m mac{Not(mac.Negated)} --mac-source {mac.Source}",
        LimitMatch limit => $" -m limit --limit {RateText.Of(limit.Period)}" + (limit.Burst != LimitMatch.DefaultBurst ? $" --limit-burst {limit.Burst}" : ""),
        SetMatch set => $" -m set{Not(set.Negated)} --match-set {set.Name} {set.Directions}{(set.ReturnNoMatch ? " --return-nomatch" : "")}",
        ConntrackMatch conntrack => Conntrack(conntrack),
        _ => throw new NotSupportedException($"no spelling for {match}"),
    };

    private static string Not(bool negated) => negated ? " !" : "";

    private static string Flag(bool? set, string option) => set is { } value ? $"{Not(!value)} {option}" : "";

    private static string Byte(byte value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x2}");

    private static string Ttl(TtlMatch ttl)
    {
        string name = ttl.Family == IpFamily.V4 ? "ttl" : "hl";
        string test = ttl.Test switch
        {
            TtlTest.Equal => "eq",
            TtlTest.Less => "lt",
            _ => "gt",
        };
        return $" -m {name}{Not(ttl.Negated)} --{name}-{test} {ttl.Value}";
    }

    private static string Conntrack(ConntrackMatch conntrack)
    {
        string states = string.Join(',', Names.States.Where(state => (conntrack.States & state.Value) != 0).Select(state => state.Name));
        if (conntrack.IsState)
            return $" -m state{Not(conntrack.StatesNegated)} --state {states}";
        string text = " -m conntrack";
        if (conntrack.States != ConnectionStates.None)
            text += $"{Not(conntrack.StatesNegated)} --ctstate {states}";
        foreach (ConnectionTest test in conntrack.Tests.Where(test => test.Field < ConnectionField.Expiry))
            text += Connection(test);
        if (conntrack.Statuses is { } statuses)
        {
            string names = statuses == ConnectionStatuses.None ? "NONE"
                : string.Join(',', Names.Statuses.Where(status => (statuses & status.Value) != 0).Select(status => status.Name));
            text += $"{Not(conntrack.StatusesNegated)} --ctstatus {names}";
        }

        foreach (ConnectionTest test in conntrack.Tests.Where(test => test.Field >= ConnectionField.Expiry))
            text += Connection(test);
        return text;
    }

    private static string Connection(ConnectionTest test)
    {
        string option = Names.Of(Names.ConnectionFields, test.Field);
        string value = test.Field switch
        {
            ConnectionField.OriginalSource or ConnectionField.OriginalDestination or ConnectionField.ReplySource or ConnectionField.ReplyDestination => Address(test),
            ConnectionField.Direction => test.Low == 0 ? "ORIGINAL" : "REPLY",
            _ => test.Low == test.High ? test.Low.ToString(CultureInfo.InvariantCulture) : $"{test.Low}:{test.High}",
        };
        return $"{Not(test.Negated)} {option} {value}";
    }

    /// <summary>A single address stands without its prefix length here.</summary>
    private static string Address(ConnectionTest test)
    {
        IpNetwork network = new(test.Family, test.Low, test.Mask);
        return network.PrefixLength == IpNetwork.Bits(test.Family) ? IpNetwork.Format(test.Family, test.Low) : network.ToString();
    }
}
