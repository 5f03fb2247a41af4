namespace DatapathKernels.LoadBalancing;

/// <summary>SCTP states as IPVS keeps them, in the kernel's order (<c>IP_VS_SCTP_S_*</c>): an association as its real server sees it.</summary>
public enum IpvsSctpState : byte
{
    /// <summary>Nothing seen yet.</summary>
    None,

    /// <summary>The client's first INIT was seen.</summary>
    Init1,

    /// <summary>Its next one.</summary>
    Init,

    /// <summary>The server answered with its cookie.</summary>
    CookieSent,

    /// <summary>The client sent it back.</summary>
    CookieReplied,

    /// <summary>The server opens towards the client, and waits for the cookie.</summary>
    CookieWait,

    /// <summary>The client sent one.</summary>
    Cookie,

    /// <summary>The server sent it back.</summary>
    CookieEchoed,

    /// <summary>ESTABLISHED.</summary>
    Established,

    /// <summary>SHUTDOWN_SENT: the server ends it.</summary>
    ShutdownSent,

    /// <summary>SHUTDOWN_RECEIVED: the client does.</summary>
    ShutdownReceived,

    /// <summary>SHUTDOWN_ACK_SENT.</summary>
    ShutdownAckSent,

    /// <summary>An INIT was answered with ABORT.</summary>
    Rejected,

    /// <summary>CLOSED.</summary>
    Closed,
}
