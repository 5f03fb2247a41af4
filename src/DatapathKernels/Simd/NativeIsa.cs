using System.Runtime.Intrinsics;

namespace DatapathKernels.Simd;

/// <summary>Every width the machine has: the policy of production code.</summary>
public readonly struct NativeIsa : IIsa
{
    /// <inheritdoc/>
    public static bool V128 => Vector128.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V256 => Vector256.IsHardwareAccelerated;

    /// <inheritdoc/>
    public static bool V512 => Vector512.IsHardwareAccelerated;
}
