namespace DatapathKernels.Filtering.Nft;

/// <summary>Compares a field with a value or a range, for example <c>ip saddr != 10.0.0.0/8</c>, <c>mark and 0x4000 == 0</c>.</summary>
/// <param name="Field">What of the packet. Of states, and of statuses, one of the value's bits is enough.</param>
/// <param name="Value">With what.</param>
/// <param name="Negated">True for <c>!=</c>.</param>
public sealed record NftComparison(NftField Field, NftValue Value, bool Negated = false) : NftStatement
{
    /// <summary>The bits of the field that count; null for all.</summary>
    public ulong? Mask { get; init; }
}
