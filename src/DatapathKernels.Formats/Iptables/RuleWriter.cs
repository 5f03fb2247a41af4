using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>One rule as iptables-save spells it, each part with a blank before it.</summary>
internal static class RuleWriter
{
    public static void Write(Rule rule, TextWriter writer)
    {
        foreach (RuleMatch match in rule.Matches)
            writer.Write(TextOf(match));
        if (rule.Target is not null)
            writer.Write(TargetWriter.TextOf(rule.Target));
    }

    private static string TextOf(RuleMatch match) => match switch
    {
        AddressMatch address => $"{Not(address.Negated)} {(address.Side == PacketSide.Source ? "-s" : "-d")} {address.Network}",
        InterfaceMatch face => $"{Not(face.Negated)} {(face.Incoming ? "-i" : "-o")} {face.Pattern}",
        ProtocolMatch protocol => $"{Not(protocol.Negated)} -p {Names.Of(protocol.Protocol)}",
        FragmentMatch fragment => $"{Not(fragment.Negated)} -f",
        TcpMatch tcp => $" -m tcp{Port("--sport", tcp.Source)}{Port("--dport", tcp.Destination)}{TcpOption(tcp)}{Flags(tcp)}",
        PortMatch ports => $" -m {Names.Of(ports.Protocol)}{Port("--sport", ports.Source)}{Port("--dport", ports.Destination)}",
        IcmpMatch icmp => Icmp(icmp),
        MultiportMatch multiport => $" -m multiport{Not(multiport.Negated)} {SideOption(multiport.Side)} {string.Join(',', multiport.Ports)}",
        MarkMatch mark => $" -m {(mark.OfConnection ? "connmark" : "mark")}{Not(mark.Negated)} --mark {Masked(mark.Value, mark.Mask)}",
        AddressTypeMatch type => " -m addrtype" + AddressType("--src-type", type.Source, type.SourceNegated) + AddressType("--dst-type", type.Destination, type.DestinationNegated),
        StatisticMatch statistic => Statistic(statistic),
        RecentMatch recent => Recent(recent),
        CommentMatch comment => $" -m comment --comment {RawText.Quote(comment.Text)}",
        UnknownMatch unknown => $" -m {unknown.Module}{Rest(unknown.Options)}",
        _ => ExtensionWriter.TextOf(match),
    };

    private static string Not(bool negated) => negated ? " !" : "";

    private static string Rest(string options) => options.Length == 0 ? "" : " " + options;

    private static string Port(string option, PortTest test) => test.IsAny ? "" : $"{Not(test.Negated)} {option} {test.Range}";

    private static string Masked(uint value, uint mask) => mask == uint.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"0x{value:x}")
        : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}/0x{mask:x}");

    private static string SideOption(PacketSide side) => side switch
    {
        PacketSide.Source => "--sports",
        PacketSide.Destination => "--dports",
        _ => "--ports",
    };

    private static string Flags(TcpMatch tcp) => tcp.FlagMask == 0 && tcp.FlagValue == 0 && !tcp.FlagsNegated
        ? ""
        : $"{Not(tcp.FlagsNegated)} --tcp-flags {FlagNames(tcp.FlagMask)} {FlagNames(tcp.FlagValue)}";

    private static string TcpOption(TcpMatch tcp) => tcp.Option == 0 ? "" : $"{Not(tcp.OptionNegated)} --tcp-option {tcp.Option}";

    private static string FlagNames(byte flags) => flags == 0
        ? "NONE"
        : string.Join(',', Names.TcpFlags.Where(flag => flag.Value != 63 && (flag.Value & flags) != 0).Select(flag => flag.Name));

    private static string Icmp(IcmpMatch icmp)
    {
        string option = icmp.Family == IpFamily.V4 ? " -m icmp" : " -m icmp6";
        string name = icmp.Family == IpFamily.V4 ? "--icmp-type" : "--icmpv6-type";
        if (icmp.Type is not { } type)
            return $"{option}{Not(icmp.Negated)} {name} any";
        string codes = icmp is { LowCode: 0, HighCode: 255 } ? "" : icmp.LowCode == icmp.HighCode ? $"/{icmp.LowCode}" : $"/{icmp.LowCode}-{icmp.HighCode}";
        return $"{option}{Not(icmp.Negated)} {name} {type}{codes}";
    }

    private static string AddressType(string option, AddressTypes types, bool negated) => types == AddressTypes.None
        ? ""
        : $"{Not(negated)} {option} {string.Join(',', Names.AddressKinds.Where(kind => (types & kind.Value) != 0).Select(kind => kind.Name))}";

    // Eleven decimals hold more than 31 bits, so the threshold survives the way through text.
    private static string Statistic(StatisticMatch statistic) => statistic.Mode == StatisticMode.Random
        ? string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random{Not(statistic.Negated)} --probability {statistic.Threshold / 2147483648.0:F11}")
        : $" -m statistic --mode nth{Not(statistic.Negated)} --every {statistic.Every} --packet {statistic.Packet}";

    private static string Recent(RecentMatch recent)
    {
        string mode = recent.Mode switch
        {
            RecentMode.Set => "--set",
            RecentMode.Check => "--rcheck",
            RecentMode.Update => "--update",
            _ => "--remove",
        };
        IpFamily family = recent.Mask <= uint.MaxValue ? IpFamily.V4 : IpFamily.V6;
        return $" -m recent{Not(recent.Negated)} {mode}"
            + (recent.Seconds > 0 ? $" --seconds {recent.Seconds}" : "")
            + (recent.Reap ? " --reap" : "")
            + (recent.HitCount > 0 ? $" --hitcount {recent.HitCount}" : "")
            + (recent.SameTtl ? " --rttl" : "")
            + $" --name {RawText.Quote(recent.Name)} --mask {IpNetwork.Format(family, recent.Mask)} {(recent.Side == PacketSide.Source ? "--rsource" : "--rdest")}";
    }
}
