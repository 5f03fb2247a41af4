namespace DatapathKernels.Filtering;

/// <summary>Kinds of addresses, with the bits of the kernel's routing types (<c>1 &lt;&lt; RTN_*</c>).</summary>
[Flags]
public enum AddressTypes : ushort
{
    /// <summary>None: no test.</summary>
    None = 0,

    /// <summary>The unspecified address.</summary>
    Unspecified = 1,

    /// <summary>Anything routed.</summary>
    Unicast = 2,

    /// <summary>An address of the node.</summary>
    Local = 4,

    /// <summary>A broadcast address.</summary>
    Broadcast = 8,

    /// <summary>An anycast address.</summary>
    Anycast = 16,

    /// <summary>A multicast address.</summary>
    Multicast = 32,

    /// <summary>Routed to a black hole.</summary>
    Blackhole = 64,

    /// <summary>Unreachable.</summary>
    Unreachable = 128,

    /// <summary>Administratively prohibited.</summary>
    Prohibit = 256,

    /// <summary>Looked for in another table: no address is, when all tables were asked.</summary>
    Throw = 512,

    /// <summary>Of the routing that Linux once translated with: no address is.</summary>
    Nat = 1024,

    /// <summary>Of a resolver that Linux never had: no address is.</summary>
    Resolve = 2048,
}
