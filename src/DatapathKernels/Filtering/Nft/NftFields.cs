namespace DatapathKernels.Filtering.Nft;

/// <summary>What the fields are: their types, and how many bits a type takes in a key.</summary>
public static class NftFields
{
    /// <summary>The type of what a field gives.</summary>
    public static NftDataType TypeOf(NftField field) => field switch
    {
        NftField.SourceV4 or NftField.DestinationV4 => NftDataType.Ipv4Address,
        NftField.SourceV6 or NftField.DestinationV6 => NftDataType.Ipv6Address,
        NftField.Protocol => NftDataType.Protocol,
        NftField.State => NftDataType.State,
        NftField.Status => NftDataType.Status,
        NftField.Mark or NftField.ConnectionMark => NftDataType.Mark,
        NftField.InInterface or NftField.OutInterface => NftDataType.InterfaceName,
        NftField.SourceType or NftField.DestinationType => NftDataType.AddressType,
        _ => NftDataType.Port,
    };

    /// <summary>Bits of a value of the type: 8, 16, 32 or 128.</summary>
    public static int Bits(NftDataType type) => type switch
    {
        NftDataType.Ipv6Address => 128,
        NftDataType.Ipv4Address or NftDataType.Mark or NftDataType.Integer => 32,
        NftDataType.Port or NftDataType.InterfaceName or NftDataType.AddressType => 16,
        _ => 8,
    };

    /// <summary>The largest value of the type.</summary>
    public static UInt128 Largest(NftDataType type) => UInt128.MaxValue >> (128 - Bits(type));
}
