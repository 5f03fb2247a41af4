namespace DatapathKernels.Datapaths.Policy;

/// <summary>What becomes of the first packet of a connection. Everything but <see cref="Allowed"/> is a reason to drop it.</summary>
public enum PolicyDecision : byte
{
    /// <summary>It passes: both ends allow it, or have no policy, or are elsewhere.</summary>
    Allowed = 0,

    /// <summary>The sender is isolated and nothing allows it to send this.</summary>
    EgressNotAllowed = 1,

    /// <summary>An entry of the sender denies it.</summary>
    EgressDenied = 2,

    /// <summary>The receiver is isolated and nothing allows it to receive this.</summary>
    IngressNotAllowed = 3,

    /// <summary>An entry of the receiver denies it.</summary>
    IngressDenied = 4,
}
