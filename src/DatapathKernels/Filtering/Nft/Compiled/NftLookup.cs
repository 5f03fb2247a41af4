namespace DatapathKernels.Filtering.Nft;

/// <summary>A rule's question to a set, or its change of one.</summary>
/// <param name="Fields">What the key is made of.</param>
/// <param name="Plan">The set.</param>
/// <param name="Mode">How it changes the set; for questions meaningless.</param>
/// <param name="TimeoutMs">How long an element lives, milliseconds; 0 for ever.</param>
internal sealed record NftLookup(NftField[] Fields, NftSetPlan Plan, NftUpdateMode Mode = NftUpdateMode.Add, long TimeoutMs = 0);
