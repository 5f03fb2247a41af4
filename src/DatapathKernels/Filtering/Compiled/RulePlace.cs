namespace DatapathKernels.Filtering;

/// <summary>Where an extension may stand: <c>table</c> and <c>hooks</c> of the kernel's <c>xt_target</c> and <c>xt_match</c>.</summary>
/// <param name="Name">The extension.</param>
/// <param name="Table">The one table for it; null for every one.</param>
/// <param name="Hooks">One bit for each <see cref="Hook"/> that may lead to it.</param>
internal readonly record struct RulePlace(string Name, TableKind? Table, byte Hooks)
{
    private const byte PreRouting = 1 << (int)Hook.PreRouting, Input = 1 << (int)Hook.Input, Forward = 1 << (int)Hook.Forward;
    private const byte Output = 1 << (int)Hook.Output, PostRouting = 1 << (int)Hook.PostRouting;
    private const byte All = PreRouting | Input | Forward | Output | PostRouting;
    private const byte Leaving = Forward | Output | PostRouting;

    private static readonly RulePlace Anywhere = new("", null, All);

    /// <summary>Where a target may stand.</summary>
    public static RulePlace Of(RuleTarget? target) => target switch
    {
        NatTarget nat => Of(nat.Kind),
        RejectTarget => new("REJECT", TableKind.Filter, Input | Forward | Output),
        TrackingTarget tracking => new(tracking.IsAlias ? "NOTRACK" : "CT", TableKind.Raw, All),
        HopLimitTarget limit => new(limit.Family == IpFamily.V4 ? "TTL" : "HL", TableKind.Mangle, All),
        DscpTarget => new("DSCP", TableKind.Mangle, All),
        TosTarget => new("TOS", TableKind.Mangle, All),
        LogTarget { Kind: LogKind.Trace } => new("TRACE", TableKind.Raw, All),
        TcpMssTarget { Bytes: null } => new("TCPMSS --clamp-mss-to-pmtu", null, Leaving),
        SetTarget { Map: not null } set => new("SET --map-set", TableKind.Mangle, set.MapPriority || set.MapQueue ? Leaving : All),
        _ => Anywhere,
    };

    /// <summary>Where a match may stand.</summary>
    public static RulePlace Of(RuleMatch match) => match is MacMatch ? new("match mac", null, PreRouting | Input | Forward) : Anywhere;

    /// <summary>True when every hook of the mask may lead here, and the table is the one for it.</summary>
    public bool Allows(TableKind table, int hooks) => (Table is null || Table == table) && (hooks & ~Hooks) == 0;

    /// <summary>For example <c>MASQUERADE is for POSTROUTING of table nat</c>.</summary>
    public override string ToString()
    {
        List<string> names = [];
        for (Hook hook = Hook.PreRouting; hook <= Hook.PostRouting; hook++)
        {
            if ((Hooks >> (int)hook & 1) != 0)
                names.Add(Filtering.Hooks.NameOf(hook));
        }

        string table = Table is { } only ? $"table {Filtering.Hooks.NameOf(only)}" : "any table";
        return Hooks == All ? $"{Name} is for {table}" : $"{Name} is for {string.Join(", ", names)} of {table}";
    }

    private static RulePlace Of(NatKind kind) => kind switch
    {
        NatKind.Dnat => new("DNAT", TableKind.Nat, PreRouting | Output),
        NatKind.Redirect => new("REDIRECT", TableKind.Nat, PreRouting | Output),
        NatKind.Snat => new("SNAT", TableKind.Nat, Input | PostRouting),
        NatKind.Masquerade => new("MASQUERADE", TableKind.Nat, PostRouting),
        _ => new("NETMAP", TableKind.Nat, All & ~Forward),
    };
}
