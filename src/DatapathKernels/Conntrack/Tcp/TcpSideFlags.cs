namespace DatapathKernels.Conntrack;

/// <summary>What is known of one side of a TCP connection (<c>IP_CT_TCP_FLAG_*</c>, the same bits).</summary>
[Flags]
public enum TcpSideFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It offered window scaling.</summary>
    WindowScale = 1,

    /// <summary>It offered selective acknowledgments.</summary>
    SackPermitted = 2,

    /// <summary>It closed first.</summary>
    CloseInit = 4,

    /// <summary>Its windows are not known from the start: what does not fit is let through.</summary>
    Liberal = 8,

    /// <summary>It sent data that was not acknowledged yet.</summary>
    DataUnacknowledged = 0x10,

    /// <summary>It acknowledged something: <see cref="TcpSide.MaxAck"/> counts.</summary>
    MaxAckSet = 0x20,

    /// <summary>Of the last ignored SYN: a challenge ACK may answer it (RFC 5961).</summary>
    ExpectChallengeAck = 0x40,

    /// <summary>Both sides opened at once.</summary>
    SimultaneousOpen = 0x80,
}
