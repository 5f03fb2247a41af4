namespace DatapathKernels.Filtering.Nft;

/// <summary>
/// A value of a field, or a range of values. Addresses are numbers as <see cref="IpNetwork"/> has them, everything else is
/// its number in host order; interfaces have a name instead.
/// </summary>
/// <param name="Low">The first value.</param>
/// <param name="High">The last value; equal to the first for a single one.</param>
/// <param name="Name">The interface's name; null for everything but interfaces.</param>
public readonly record struct NftValue(UInt128 Low, UInt128 High, string? Name = null)
{
    /// <summary>A single value.</summary>
    public static NftValue Of(UInt128 value) => new(value, value);

    /// <summary>An interface, by name or by the start of a name with <c>*</c>.</summary>
    public static NftValue Interface(string name) => new(UInt128.Zero, UInt128.Zero, name);

    /// <summary>Every address of a network; its mask must be contiguous.</summary>
    public static NftValue Of(IpNetwork network) =>
        new(network.Address, network.Address | (~network.Mask & IpNetwork.MaskOf(network.Family, IpNetwork.Bits(network.Family))));

    /// <summary>True when it is one value.</summary>
    public bool IsSingle => Low == High;
}
