namespace DatapathKernels.Filtering.Nft;

/// <summary>The types of what sets hold and fields give.</summary>
public enum NftDataType : byte
{
    /// <summary><c>ipv4_addr</c>, 32 bits.</summary>
    Ipv4Address,

    /// <summary><c>ipv6_addr</c>, 128 bits.</summary>
    Ipv6Address,

    /// <summary><c>inet_proto</c>, 8 bits.</summary>
    Protocol,

    /// <summary><c>inet_service</c>: a port, 16 bits.</summary>
    Port,

    /// <summary><c>mark</c>, 32 bits.</summary>
    Mark,

    /// <summary><c>ifname</c>: the number of an interface takes 16 bits.</summary>
    InterfaceName,

    /// <summary><c>ct_state</c>, 8 bits.</summary>
    State,

    /// <summary><c>ct_status</c>, 8 bits.</summary>
    Status,

    /// <summary><c>fib_addrtype</c>, 16 bits.</summary>
    AddressType,

    /// <summary><c>integer</c>: what <c>numgen</c> gives, 32 bits.</summary>
    Integer,
}
