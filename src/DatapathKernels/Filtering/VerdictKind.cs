namespace DatapathKernels.Filtering;

/// <summary>How a walk ended.</summary>
public enum VerdictKind : byte
{
    /// <summary>The packet goes on: a rule or the policy accepted it, or a user chain that was asked directly came to its end.</summary>
    Accept,

    /// <summary>The packet is dropped.</summary>
    Drop,

    /// <summary>The packet is dropped and its sender told; see <see cref="PacketVerdict.Reject"/>.</summary>
    Reject,

    /// <summary>A rule has a match that is not evaluated (see <see cref="UnknownMatch"/>). The rule is <see cref="PacketVerdict.Rule"/>; nothing after it ran.</summary>
    UnknownMatch,

    /// <summary>A rule matched whose target is not carried out (see <see cref="UnknownTarget"/>). The rule is <see cref="PacketVerdict.Rule"/>; nothing after it ran.</summary>
    UnknownTarget,

    /// <summary>
    /// The frame is no packet of the ruleset's family with a sound network header: no rule was looked at, nothing was counted. One whose transport header
    /// alone is cut off or wrong goes through the chains, without a connection.
    /// </summary>
    NotApplicable,
}
