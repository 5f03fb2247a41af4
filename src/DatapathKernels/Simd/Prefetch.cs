using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Simd;

/// <summary>Asks the CPU to bring a cache line closer. Vanishes where the CPU has no such instruction.</summary>
public static unsafe class Prefetch
{
    /// <summary>Prefetches the line holding <paramref name="address"/> into every cache level. Never faults, whatever the address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
