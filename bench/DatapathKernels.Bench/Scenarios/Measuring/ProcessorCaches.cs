using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>The caches as an x86 processor tells of itself (<c>CPUID</c>), in a virtual machine as its host lets it.</summary>
internal static class ProcessorCaches
{
    // Leaf 4 of Intel's processors and leaf 8000001D of AMD's have the same form; each leaves the other's empty.
    private const int IntelLeaf = 4, AmdLeaf = unchecked((int)0x8000_001D);

    // What AMD's processors told before there was that leaf, and virtual machines still do where it is hidden. Their third level is the whole
    // package's, of which a core has its complex's part: it is left out.
    private const int OldFirstLevel = unchecked((int)0x8000_0005), OldSecondLevel = unchecked((int)0x8000_0006);

    private const int MostCaches = 8, Instructions = 2;

    /// <summary>By level, those of code left out; none on other processors.</summary>
    public static IReadOnlyList<CacheSize> Read()
    {
        if (!X86Base.IsSupported)
            return [];
        List<CacheSize> caches = HasLeaf(AmdLeaf) ? Read(AmdLeaf) : [];
        if (caches.Count == 0 && HasLeaf(IntelLeaf))
            caches = Read(IntelLeaf);
        return caches.Count == 0 && HasLeaf(OldSecondLevel) ? Old((uint)X86Base.CpuId(OldFirstLevel, 0).Ecx, (uint)X86Base.CpuId(OldSecondLevel, 0).Ecx) : caches;
    }

    /// <summary>Two registers of the old leaves: sizes in KiB, of 8 bits for data of the first level and of 16 for the second.</summary>
    internal static List<CacheSize> Old(uint first, uint second)
    {
        CacheSize[] both = [new(1, (long)(first >> 24) << 10), new(2, (long)(second >> 16) << 10)];
        return [.. both.Where(cache => cache.Bytes > 0)];
    }

    private static List<CacheSize> Read(int leaf)
    {
        List<CacheSize> caches = [];
        for (int i = 0; i < MostCaches; i++)
        {
            (int eax, int ebx, int ecx, _) = X86Base.CpuId(leaf, i);
            if ((eax & 0x1F) == 0)
                break;
            if (Decode((uint)eax, (uint)ebx, (uint)ecx) is { } cache)
                caches.Add(cache);
        }

        return [.. caches.OrderBy(cache => cache.Level)];
    }

    /// <summary>One description; null for a cache of code.</summary>
    internal static CacheSize? Decode(uint eax, uint ebx, uint ecx)
    {
        if ((eax & 0x1F) == Instructions)
            return null;
        long line = (ebx & 0xFFF) + 1, partitions = ((ebx >> 12) & 0x3FF) + 1, ways = (ebx >> 22) + 1;
        return new CacheSize((int)((eax >> 5) & 7), line * partitions * ways * (ecx + 1L));
    }

    private static bool HasLeaf(int leaf) => (uint)X86Base.CpuId(leaf & unchecked((int)0x8000_0000), 0).Eax >= (uint)leaf;
}
