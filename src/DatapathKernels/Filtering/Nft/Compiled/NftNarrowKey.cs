using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering.Nft;

/// <summary>A key of up to 96 bits, and the number of its set above them: every IPv4 key of kube-proxy.</summary>
[InlineArray(Words)]
internal struct NftNarrowKey
{
    public const int Words = 2;

    private ulong _first;
}
