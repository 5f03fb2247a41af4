using System.Runtime.Intrinsics;

namespace DatapathKernels.Simd;

/// <summary>Up to 512-bit vectors; the same as <see cref="NativeIsa"/>, named for tests that list the widths.</summary>
public readonly struct Isa512 : IIsa
{
    /// <inheritdoc/>
    public static bool V128 => Vector128.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V256 => Vector256.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V512 => Vector512.IsHardwareAccelerated;
}
