namespace DatapathKernels.Filtering;

/// <summary>What a target does, in words.</summary>
internal static class TargetWords
{
    public static string Of(RuleTarget? target) => target switch
    {
        null => "counted, on to the next rule",
        VerdictTarget { Verdict: RuleVerdict.Accept } => "accept",
        VerdictTarget { Verdict: RuleVerdict.Drop } => "drop",
        VerdictTarget => "return",
        JumpTarget jump => $"{(jump.IsGoto ? "go" : "jump")} to {jump.Chain}",
        RejectTarget reject => $"reject with {reject.Reject}",
        MarkTarget mark => $"mark 0x{mark.Value:x}/0x{mark.Mask:x}",
        ConnectionMarkTarget { Mode: ConnectionMarkMode.Set } mark => $"connection mark 0x{mark.Value:x}/0x{mark.Mask:x}",
        ConnectionMarkTarget mark => $"{(mark.Mode == ConnectionMarkMode.Save ? "save" : "restore")} connection mark, mask 0x{mark.Mask:x}, packet mask 0x{mark.PacketMask:x}",
        HopLimitTarget hops => $"{(hops.Family == IpFamily.V4 ? "TTL" : "hop limit")} {hops.Mode.ToString().ToLowerInvariant()} {hops.Value}",
        DscpTarget dscp => $"DSCP {dscp.Value}",
        TosTarget tos => $"TOS 0x{tos.Value:x2}/0x{tos.Mask:x2}",
        TcpMssTarget mss => mss.Bytes is { } bytes ? $"segment size at most {bytes}" : "segment size as the path MTU allows",
        TrackingTarget tracking => tracking.NoTrack ? "do not track" : $"track{(tracking.Zone is { } zone ? $" in zone {zone}" : "")}{(tracking.Helper is { } helper ? $" with helper {helper}" : "")}",
        SetTarget set => $"change sets{Set(" add to", set.Add)}{Set(" remove from", set.Remove)}{Set(" map by", set.Map)}",
        LogTarget log => $"{log.Kind.ToString().ToUpperInvariant()}{(log.Prefix.Length > 0 ? $" \"{log.Prefix}\"" : "")}",
        NatTarget nat => Nat(nat),
        UnknownTarget unknown => $"target {unknown.Name} {unknown.Options} (not carried out)",
        _ => target.ToString(),
    };

    private static string Set(string what, SetReference? set) => set is { } found ? $"{what} {found.Name} ({found.Directions})" : "";

    private static string Nat(NatTarget nat)
    {
        string to = nat.Low is { } low ? $" to {IpNetwork.Format(nat.Family, low)}" : "";
        if (nat.High is { } high && high != nat.Low)
            to += $"-{IpNetwork.Format(nat.Family, high)}";
        return $"{nat.Kind.ToString().ToUpperInvariant()}{to}{(nat.Ports is { } ports ? $" port {ports}" : "")}{(nat.PortBase is { } start ? $" shifted from {start}" : "")}";
    }

    /// <summary>The translations a verdict carries; empty for none.</summary>
    public static string Of(IpFamily family, in PacketVerdict verdict) =>
        Binding("destination", family, verdict.Destination) + Binding("source", family, verdict.Source);

    private static string Binding(string side, IpFamily family, in NatBinding binding)
    {
        if (binding.Kind == NatKind.None)
            return "";
        string text = $"; {binding.Kind.ToString().ToUpperInvariant()}: {side}";
        if (binding.HasAddress)
        {
            Span<byte> bytes = stackalloc byte[16];
            binding.Address.CopyTo(bytes);
            text += $" {new System.Net.IPAddress(family == IpFamily.V4 ? bytes[..4] : bytes)}";
        }

        return text + (binding.HasPort ? $" port {new PortRange(binding.Port, binding.HighPort)}" : "");
    }
}
