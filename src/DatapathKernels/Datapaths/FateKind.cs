namespace DatapathKernels.Datapaths;

/// <summary>How a packet's way through a node ends.</summary>
public enum FateKind : byte
{
    /// <summary>Nowhere: see the <see cref="DropReason"/>.</summary>
    Dropped,

    /// <summary>It leaves for another machine; the frame in the arena is what goes on the wire.</summary>
    Forwarded,

    /// <summary>It goes to a pod of this node, or to the node itself.</summary>
    Delivered,

    /// <summary>The frame in the arena is the node's answer to it (an ICMP error, a reset), which goes back where it came from.</summary>
    Answered,
}
