namespace DatapathKernels.Filtering.Nft;

/// <summary>Changes a set by the packet, for example <c>update @affinity-x { ip saddr timeout 10800s }</c>. Where it cannot (no room) the packet leaves the rule.</summary>
/// <param name="Mode">How.</param>
/// <param name="Set">The set's name; it needs the flag <see cref="NftSetFlags.Dynamic"/> or <see cref="NftSetFlags.Timeout"/>.</param>
/// <param name="Key">The fields, joined by <c>.</c>.</param>
/// <param name="TimeoutMs">How long the element lives, milliseconds; null for as long as the set says.</param>
public sealed record NftUpdate(NftUpdateMode Mode, string Set, IReadOnlyList<NftField> Key, long? TimeoutMs = null) : NftStatement;
