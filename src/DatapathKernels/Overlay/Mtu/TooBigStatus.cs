namespace DatapathKernels.Overlay;

/// <summary>What <see cref="TooBigBuilder"/> did; everything but <see cref="Ok"/> is a reason why the sender is told nothing.</summary>
public enum TooBigStatus : byte
{
    /// <summary>The error is written.</summary>
    Ok = 0,

    /// <summary>There is no whole IP header to answer.</summary>
    NotApplicable,

    /// <summary>The MTU is below the least that is told: 576 for IPv4 (bridge style), 1,280 for IPv6.</summary>
    BelowMinimum,

    /// <summary>The IPv4 packet may be fragmented, or is a fragment: its sender did not ask to be told.</summary>
    MayFragment,

    /// <summary>It came from, or went to, no single host.</summary>
    NotUnicast,

    /// <summary>It is itself an ICMP error; errors are not answered with errors.</summary>
    IcmpError,

    /// <summary>The buffer is too small.</summary>
    NoRoom,
}
