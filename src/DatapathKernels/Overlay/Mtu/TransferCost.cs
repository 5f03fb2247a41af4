namespace DatapathKernels.Overlay;

/// <summary>What a transfer costs besides its payload; see <see cref="MtuBudget.Transfer"/>.</summary>
/// <param name="Packets">Packets on the wire.</param>
/// <param name="HeaderBytes">Bytes of wire that are not payload: every header, padding, and Ethernet's preamble and gap.</param>
/// <param name="SegmentsLost">Packets more than the bare link would take: the price of the smaller maximum segment size.</param>
public readonly record struct TransferCost(long Packets, long HeaderBytes, long SegmentsLost);
