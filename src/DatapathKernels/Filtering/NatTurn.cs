namespace DatapathKernels.Filtering;

/// <summary>What a hook of the nat table does with a packet.</summary>
public enum NatTurn : byte
{
    /// <summary>Its connection was decided before; where it is translated, so is the packet by now.</summary>
    Settled,

    /// <summary>The rules are asked.</summary>
    Ask,

    /// <summary>The packet is dropped: its connection is translated and it could not be.</summary>
    Drop,
}
