using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering.Nft;

/// <summary>A key of up to 352 bits, and the number of its set above them: a five-tuple of IPv6 fits.</summary>
[InlineArray(Words)]
internal struct NftWideKey
{
    public const int Words = 6;

    private ulong _first;
}
