namespace DatapathKernels.Datapaths.Policy;

/// <summary>How much an <see cref="IdentityPolicy"/> holds; all of its memory is taken at construction.</summary>
public readonly record struct IdentityPolicyOptions
{
    /// <summary>IPv4 addresses and ranges with an identity; 0 for a node without IPv4, which saves 80 MiB.</summary>
    public int AddressesV4 { get; init; }

    /// <summary>IPv6 addresses and ranges with an identity; 0 for a node without IPv6.</summary>
    public int AddressesV6 { get; init; }

    /// <summary>Groups of the IPv4 route table (see <see cref="Maps.RouteTableV4"/>); 0 for one an address.</summary>
    public int GroupsV4 { get; init; }

    /// <summary>Groups of the IPv6 route table (see <see cref="Maps.RouteTableV6"/>); 0 for fourteen an address, the most it can need.</summary>
    public int GroupsV6 { get; init; }

    /// <summary>The highest number of an endpoint.</summary>
    public int Endpoints { get; init; }

    /// <summary>Entries of the policy map.</summary>
    public int Entries { get; init; }
}
