namespace DatapathKernels.Conntrack;

/// <summary>What a packet of a burst is: see <see cref="ConntrackTable.Track"/>.</summary>
/// <param name="State">What it is.</param>
/// <param name="Id">Its connection, -1 for none.</param>
/// <param name="IsReply">True when it goes from the answering side to the opener.</param>
public readonly record struct TrackedPacket(TrackedAs State, int Id, bool IsReply);
