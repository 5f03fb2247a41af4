using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>Where the eight segments of <see cref="TcpLanes"/> are, and what is known of their connections: addresses.</summary>
internal unsafe struct TcpLaneGroup
{
    /// <summary>Their TCP headers.</summary>
    public fixed ulong Segments[FrameLanes.Count];

    /// <summary>The second halves of the connections' records: a <see cref="TcpFlow"/>, the time it ends, a summary.</summary>
    public fixed ulong Flows[FrameLanes.Count];
}
