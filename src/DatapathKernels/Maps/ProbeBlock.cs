using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>What the passes of a burst over up to 64 keys leave for one another, a column each, so that vectors read and write them.</summary>
internal unsafe struct ProbeBlock
{
    /// <summary>Keys in a block: one bit of a word each.</summary>
    public const int Keys = 64;

    /// <summary>The keys' hashes.</summary>
    public fixed ulong Hashes[Keys];

    /// <summary>Addresses of their homes.</summary>
    public fixed ulong Homes[Keys];

    /// <summary>The <see cref="BucketWord"/>s that stood there.</summary>
    public fixed ulong Words[Keys];

    /// <summary>The slots that matched.</summary>
    public fixed ushort Matches[Keys];

    /// <summary>Bytes from which <see cref="Align"/> can make so many blocks.</summary>
    public static int BytesFor(int blocks) => (blocks * sizeof(ProbeBlock)) + NativeBuffer.CacheLine - 1;

    /// <summary>
    /// The first block in memory on the stack, at the beginning of a cache line: what a vector stored across two lines cannot be
    /// loaded again before it is in the cache.
    /// </summary>
    public static ProbeBlock* Align(byte* memory) => (ProbeBlock*)((nuint)(memory + NativeBuffer.CacheLine - 1) & ~(nuint)(NativeBuffer.CacheLine - 1));
}
