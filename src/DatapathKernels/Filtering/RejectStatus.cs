namespace DatapathKernels.Filtering;

/// <summary>What <see cref="RejectBuilder"/> did; everything but <see cref="Ok"/> is a reason why the sender is told nothing.</summary>
public enum RejectStatus : byte
{
    /// <summary>The answer is written.</summary>
    Ok = 0,

    /// <summary>The packet is a later fragment.</summary>
    Fragment,

    /// <summary>Its checksums are wrong: what it says of its sender may be as well. So is every packet's whose IP options were written to as it arrived.</summary>
    BadChecksum,

    /// <summary>It was sent to many (broadcast, multicast), or from no single address.</summary>
    NotUnicast,

    /// <summary>It is itself an ICMP error; errors are not answered with errors.</summary>
    IcmpError,

    /// <summary>A reset was asked for, and the packet is not of TCP.</summary>
    NotTcp,

    /// <summary>A reset was asked for, and the packet is one.</summary>
    Reset,

    /// <summary>The kind of answer does not exist in the packet's family, or there is no packet.</summary>
    NotApplicable,

    /// <summary>The buffer is too small, or an IP option of the packet's has room for a part of an entry.</summary>
    NoRoom,

    /// <summary>IP options that are malformed or ask for a route: the kernel lets a packet with those come to no rule that rejects.</summary>
    Options,
}
