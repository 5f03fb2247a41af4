namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-j CONNMARK</c>, as <c>xt_connmark</c> computes it:
/// <code>
/// set      ctmark = (ctmark &amp; ~mask) ^ value
/// save     ctmark = (ctmark &amp; ~mask) ^ (mark &amp; packetMask)
/// restore  mark   = (mark &amp; ~packetMask) ^ (ctmark &amp; mask)
/// </code>
/// A packet without a connection passes untouched.
/// </summary>
/// <param name="Mode">Which of the three.</param>
/// <param name="Value">The value to set.</param>
/// <param name="Mask">The bits of the connection's mark (<c>--ctmask</c>).</param>
/// <param name="PacketMask">The bits of the packet's mark (<c>--nfmask</c>).</param>
public sealed record ConnectionMarkTarget(ConnectionMarkMode Mode, uint Value, uint Mask, uint PacketMask) : RuleTarget;
