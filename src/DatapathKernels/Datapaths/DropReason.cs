namespace DatapathKernels.Datapaths;

/// <summary>Why a packet was dropped, or answered instead of forwarded.</summary>
public enum DropReason : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>No IP packet, or not a legal one.</summary>
    Malformed,

    /// <summary>A fragment: they are to be put together before.</summary>
    Fragment,

    /// <summary>A tunnel's packet with something wrong in its outer headers, or of a network that is not here.</summary>
    Decapsulation,

    /// <summary>A rule says so.</summary>
    Rule,

    /// <summary>A network policy says so, or none allows it.</summary>
    Policy,

    /// <summary>The service has no backend that may take it.</summary>
    NoBackend,

    /// <summary>The client's address is not among those the service is for.</summary>
    SourceRange,

    /// <summary>The service's address is for clients on the node only, and the packet comes from outside.</summary>
    OnlyFromInside,

    /// <summary>The connection table is full.</summary>
    TableFull,

    /// <summary>The packet belongs to no connection and may not start one.</summary>
    Invalid,

    /// <summary>No port is free for its translation.</summary>
    PortsExhausted,

    /// <summary>Its addresses could not be rewritten.</summary>
    NotRewritten,

    /// <summary>No route leads to its destination.</summary>
    NoRoute,

    /// <summary>Its TTL or hop limit ran out.</summary>
    TtlExceeded,

    /// <summary>Longer than the way allows, and not to be fragmented.</summary>
    TooBig,

    /// <summary>Longer than the way allows: the caller may fragment it (<see cref="Overlay.PacketFragmenter"/>).</summary>
    NeedsFragmentation,

    /// <summary>The node does not speak the packet's IP version.</summary>
    UnknownFamily,

    /// <summary>The frame's slot has no room for the outer headers, or for the answer.</summary>
    NoRoom,
}
