namespace DatapathKernels.Packets;

/// <summary>The chunk types that connection tables tell apart (RFC 9260, section 3.2).</summary>
public enum SctpChunkType : byte
{
    /// <summary>User data.</summary>
    Data = 0,

    /// <summary>Opens an association.</summary>
    Init = 1,

    /// <summary>Answers it.</summary>
    InitAck = 2,

    /// <summary>Asks whether the path works.</summary>
    Heartbeat = 4,

    /// <summary>Answers that.</summary>
    HeartbeatAck = 5,

    /// <summary>Ends the association at once.</summary>
    Abort = 6,

    /// <summary>Begins to end it.</summary>
    Shutdown = 7,

    /// <summary>Acknowledges that.</summary>
    ShutdownAck = 8,

    /// <summary>Tells of an error.</summary>
    Error = 9,

    /// <summary>The opener's third step.</summary>
    CookieEcho = 10,

    /// <summary>The fourth and last step.</summary>
    CookieAck = 11,

    /// <summary>The end.</summary>
    ShutdownComplete = 14,
}
