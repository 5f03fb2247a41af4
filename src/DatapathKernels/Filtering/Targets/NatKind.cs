namespace DatapathKernels.Filtering;

/// <summary>The kinds of address translation.</summary>
public enum NatKind : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Another destination.</summary>
    Dnat,

    /// <summary>Another source.</summary>
    Snat,

    /// <summary>The address of the interface the packet leaves by, as source.</summary>
    Masquerade,

    /// <summary>The node itself as destination.</summary>
    Redirect,

    /// <summary>Another network, host part kept: the destination before routing, the source after it.</summary>
    Netmap,
}
