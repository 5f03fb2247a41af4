namespace DatapathKernels.Conntrack;

/// <summary>Status bits of a connection (<c>IPS_*</c>, the kernel's values).</summary>
[Flags]
public enum ConntrackStatus : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A packet of the answering side was seen.</summary>
    SeenReply = 1 << 1,

    /// <summary>Worth keeping: never thrown out for room by Linux.</summary>
    Assured = 1 << 2,

    /// <summary>In the table: its first packet got through.</summary>
    Confirmed = 1 << 3,

    /// <summary>Its source is translated.</summary>
    SourceNat = 1 << 4,

    /// <summary>Its destination is translated.</summary>
    DestinationNat = 1 << 5,

    /// <summary>It is decided how its source is translated, be it not at all.</summary>
    SourceNatDone = 1 << 7,

    /// <summary>It is decided how its destination is translated, be it not at all.</summary>
    DestinationNatDone = 1 << 8,

    /// <summary>On its way out.</summary>
    Dying = 1 << 9,

    /// <summary>No packet renews it.</summary>
    FixedTimeout = 1 << 10,

    /// <summary>It stands for the answers alone, of a packet whose flow another connection has: see <see cref="ConntrackTable.Confirm"/>.</summary>
    NatClash = 1 << 12,
}
