namespace DatapathKernels.Simd;

/// <summary>No vectors at all: the specification, the oracle and the fallback.</summary>
public readonly struct ScalarIsa : IIsa
{
    /// <inheritdoc/>
    public static bool V128 => false;

    /// <inheritdoc/>
    public static bool V256 => false;

    /// <inheritdoc/>
    public static bool V512 => false;
}
