using System.Runtime.Intrinsics;

namespace DatapathKernels.Simd;

/// <summary>Up to 256-bit vectors (AVX2).</summary>
public readonly struct Isa256 : IIsa
{
    /// <inheritdoc/>
    public static bool V128 => Vector128.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V256 => Vector256.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V512 => false;
}
