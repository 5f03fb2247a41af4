namespace DatapathKernels.LoadBalancing;

/// <summary>Which side of a connection sent a packet, and whether the other is seen at all.</summary>
public enum IpvsSide : byte
{
    /// <summary>The client; replies pass here too.</summary>
    Input,

    /// <summary>The real server.</summary>
    Output,

    /// <summary>The client; replies go past this node (direct routing, tunnelling).</summary>
    InputOnly,
}
