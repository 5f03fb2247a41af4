using System.Runtime.InteropServices;

namespace DatapathKernels.Memory;

/// <summary>Asks Linux to back memory with huge pages, so that large tables do not miss the TLB on every lookup.</summary>
internal static unsafe partial class HugePages
{
    private const int MadvHugePage = 14;

    /// <summary>Advises the kernel before the first touch. True when the kernel accepted; false elsewhere than on Linux.</summary>
    public static bool Advise(void* start, nuint bytes) =>
        OperatingSystem.IsLinux() && Madvise(start, bytes, MadvHugePage) == 0;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* start, nuint bytes, int advice);
}
