using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>The answer of a walk.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PacketVerdict
{
    /// <summary>What becomes of the packet.</summary>
    public VerdictKind Kind;

    /// <summary>What the sender is told when <see cref="Kind"/> is <see cref="VerdictKind.Reject"/>.</summary>
    public RejectKind Reject;

    /// <summary>The rule that decided, for <see cref="ChainMatcher.RuleAt"/>; -1 when a policy or the end of a chain did.</summary>
    public int Rule;

    /// <summary>How far targets could write what they chose into the frame; see <see cref="RewriteStatus"/>.</summary>
    public RewriteStatus Rewrite;

    /// <summary>The new destination (DNAT, REDIRECT); none when the packet keeps its own. It is written into the frame, unless no address could be found for it.</summary>
    public NatBinding Destination;

    /// <summary>
    /// The new source (SNAT, MASQUERADE) as the rule asks for it. <see cref="IConnectionState.Bind"/> writes it, which knows the free
    /// ports; the walk of a single chain, which knows none, leaves the source as it is.
    /// </summary>
    public NatBinding Source;
}
