namespace DatapathKernels.Filtering.Nft;

/// <summary>A verdict in one word, as the maps hold it: the kind and one in the low byte, the target's first step above. 0 is none.</summary>
internal static class NftVerdictWord
{
    public static ulong Of(NftVerdictKind kind, int target) => ((ulong)(uint)target << 8) | ((ulong)kind + 1);

    public static NftVerdictKind KindOf(ulong word) => (NftVerdictKind)((word & 0xff) - 1);

    public static int TargetOf(ulong word) => (int)(word >> 8);
}
