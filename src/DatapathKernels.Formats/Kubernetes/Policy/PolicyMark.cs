namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>The bits of the packet mark that the chains use, Felix's defaults, as rules spell them.</summary>
internal static class PolicyMark
{
    /// <summary>The policy, or a profile, accepts the packet.</summary>
    public const string Accepted = "0x10000";

    /// <summary>The policies pass the packet on to the profiles.</summary>
    public const string Passed = "0x20000";

    /// <summary>The packet is in no exception of the block of the rule that follows.</summary>
    public const string InBlock = "0x40000";

    /// <summary>The target that sets a bit.</summary>
    public static string Set(string bit) => $"-j MARK --set-xmark {bit}/{bit}";

    /// <summary>The target that clears a bit.</summary>
    public static string Clear(string bit) => $"-j MARK --set-xmark 0x0/{bit}";

    /// <summary>The match of a bit that is set.</summary>
    public static string Has(string bit) => $"-m mark --mark {bit}/{bit} ";

    /// <summary>The match of a bit that is not set.</summary>
    public static string HasNot(string bit) => $"-m mark --mark 0x0/{bit} ";
}
