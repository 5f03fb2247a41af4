using System.Runtime.Intrinsics;

namespace DatapathKernels.Simd;

/// <summary>Up to 128-bit vectors (SSE, NEON).</summary>
public readonly struct Isa128 : IIsa
{
    /// <inheritdoc/>
    public static bool V128 => Vector128.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V256 => false;

    /// <inheritdoc/>
    public static bool V512 => false;
}
