using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Targets as iptables-save spells them, each part with a blank before it.</summary>
internal static class TargetWriter
{
    public static string TextOf(RuleTarget target) => target switch
    {
        VerdictTarget verdict => verdict.Verdict switch
        {
            RuleVerdict.Accept => " -j ACCEPT",
            RuleVerdict.Drop => " -j DROP",
            _ => " -j RETURN",
        },
        JumpTarget jump => $" {(jump.IsGoto ? "-g" : "-j")} {jump.Chain}",
        RejectTarget reject => $" -j REJECT --reject-with {Reject(reject.Reject)}",
        MarkTarget mark => $" -j MARK --set-xmark {Hex(mark.Value)}/{Hex(mark.Mask)}",
        ConnectionMarkTarget mark => ConnectionMark(mark),
        NatTarget nat => Nat(nat),
        TrackingTarget tracking => Tracking(tracking),
        HopLimitTarget hops => HopLimit(hops),
        DscpTarget dscp => $" -j DSCP --set-dscp {HexByte(dscp.Value)}",
        TosTarget tos => $" -j TOS --set-tos {HexByte(tos.Value)}/{HexByte(tos.Mask)}",
        TcpMssTarget mss => mss.Bytes is { } bytes ? $" -j TCPMSS --set-mss {bytes}" : " -j TCPMSS --clamp-mss-to-pmtu",
        SetTarget set => SetChange(set),
        LogTarget log => Log(log),
        UnknownTarget unknown => $" -j {unknown.Name}{(unknown.Options.Length == 0 ? "" : " ")}{unknown.Options}",
        _ => throw new NotSupportedException($"no spelling for {target}"),
    };

    private static string Hex(uint value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string HexByte(byte value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x2}");

    private static string Reject(RejectKind kind) =>
        Names.Of(kind >= RejectKind.V6NoRoute ? Names.RejectsV6 : Names.Rejects, kind);

    private static string ConnectionMark(ConnectionMarkTarget mark) => mark.Mode switch
    {
        ConnectionMarkMode.Set => $" -j CONNMARK --set-xmark {Hex(mark.Value)}/{Hex(mark.Mask)}",
        ConnectionMarkMode.Save => $" -j CONNMARK --save-mark --nfmask {Hex(mark.PacketMask)} --ctmask {Hex(mark.Mask)}",
        _ => $" -j CONNMARK --restore-mark --nfmask {Hex(mark.PacketMask)} --ctmask {Hex(mark.Mask)}",
    };

    private static string Tracking(TrackingTarget tracking) => tracking.IsAlias
        ? " -j NOTRACK"
        : " -j CT" + (tracking.NoTrack ? " --notrack" : "")
            + (tracking.Helper is { } helper ? $" --helper {RawText.Quote(helper)}" : "")
            + (tracking.Zone is { } zone ? $" --zone {zone}" : "");

    private static string HopLimit(HopLimitTarget hops)
    {
        string name = hops.Family == IpFamily.V4 ? "ttl" : "hl";
        string mode = hops.Mode switch
        {
            HopLimitMode.Set => "set",
            HopLimitMode.Increase => "inc",
            _ => "dec",
        };
        return $" -j {name.ToUpperInvariant()} --{name}-{mode} {hops.Value}";
    }

    private static string SetChange(SetTarget set) => " -j SET" + Reference("--add-set", set.Add)
        + (set.Renew ? " --exist" : "")
        + (set.TimeoutSeconds is { } seconds ? $" --timeout {seconds}" : "")
        + Reference("--del-set", set.Remove)
        + Reference("--map-set", set.Map)
        + (set.MapMark ? " --map-mark" : "") + (set.MapPriority ? " --map-prio" : "") + (set.MapQueue ? " --map-queue" : "");

    private static string Reference(string option, SetReference? set) => set is { } found ? $" {option} {found.Name} {found.Directions}" : "";

    private static string Log(LogTarget log) => log.Kind switch
    {
        LogKind.Log => " -j LOG" + Prefix("--log-prefix", log.Prefix)
            + (log.Level == LogTarget.DefaultLevel ? "" : $" --log-level {log.Level}")
            + string.Concat(Names.LogFlags.Where(flag => (log.Options & flag.Value) != 0).Select(flag => " " + flag.Name)),
        LogKind.NfLog => " -j NFLOG" + Prefix("--nflog-prefix", log.Prefix)
            + (log.Group == 0 ? "" : $" --nflog-group {log.Group}")
            + (log.Size is { } size ? $" --nflog-size {size}" : "")
            + (log.Range is { } range ? $" --nflog-range {range}" : "")
            + (log.Threshold == 0 ? "" : $" --nflog-threshold {log.Threshold}"),
        _ => " -j TRACE",
    };

    private static string Prefix(string option, string prefix) => prefix.Length == 0 ? "" : $" {option} {RawText.Quote(prefix)}";

    private static string Nat(NatTarget nat)
    {
        string ports = nat.Ports is not { } range ? "" : (range.Low == range.High ? $"{range.Low}" : $"{range.Low}-{range.High}") + (nat.PortBase is { } start ? $"/{start}" : "");
        string text = nat.Kind switch
        {
            NatKind.Dnat => "DNAT --to-destination " + Range(nat, ports),
            NatKind.Snat => "SNAT --to-source " + Range(nat, ports),
            NatKind.Netmap => "NETMAP --to " + Network(nat),
            NatKind.Masquerade => "MASQUERADE" + (ports.Length == 0 ? "" : " --to-ports " + ports),
            _ => "REDIRECT" + (ports.Length == 0 ? "" : " --to-ports " + ports),
        };
        return $" -j {text}"
            + ((nat.Flags & NatFlags.Random) != 0 ? " --random" : "")
            + ((nat.Flags & NatFlags.RandomFully) != 0 ? " --random-fully" : "")
            + ((nat.Flags & NatFlags.Persistent) != 0 ? " --persistent" : "");
    }

    private static string Range(NatTarget nat, string ports)
    {
        string addresses = nat.Low is not { } low ? ""
            : nat.High is { } high && high != low ? $"{IpNetwork.Format(nat.Family, low)}-{IpNetwork.Format(nat.Family, high)}"
            : IpNetwork.Format(nat.Family, low);
        if (ports.Length == 0)
            return addresses;
        return nat.Family == IpFamily.V6 && addresses.Length > 0 ? $"[{addresses}]:{ports}" : $"{addresses}:{ports}";
    }

    private static string Network(NatTarget nat)
    {
        UInt128 low = nat.Low.GetValueOrDefault(), width = low ^ nat.High.GetValueOrDefault();
        UInt128 mask = ~width & (nat.Family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue);
        return new IpNetwork(nat.Family, low, mask).ToString();
    }
}
