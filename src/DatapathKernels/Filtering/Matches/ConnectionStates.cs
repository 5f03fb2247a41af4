namespace DatapathKernels.Filtering;

/// <summary>
/// Connection states, as <c>--ctstate</c> lists them. A packet has exactly one of the first five; <see cref="Dnat"/> and
/// <see cref="Snat"/> are the pseudo states of a connection that was translated.
/// </summary>
[Flags]
public enum ConnectionStates : byte
{
    /// <summary>None: not looked at yet. Counts as <see cref="Invalid"/>.</summary>
    None = 0,

    /// <summary>Belongs to no connection and cannot start one.</summary>
    Invalid = 1,

    /// <summary>Belongs to a connection that has seen packets both ways.</summary>
    Established = 2,

    /// <summary>Starts a connection that another one announced, or is an error about one.</summary>
    Related = 4,

    /// <summary>Starts a connection, or none of its packets was answered yet.</summary>
    New = 8,

    /// <summary>Exempt from tracking (raw table's NOTRACK).</summary>
    Untracked = 16,

    /// <summary>The connection's source was translated.</summary>
    Snat = 32,

    /// <summary>The connection's destination was translated.</summary>
    Dnat = 64,
}
