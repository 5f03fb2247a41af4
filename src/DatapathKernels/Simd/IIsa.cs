namespace DatapathKernels.Simd;

/// <summary>
/// Which vector widths a kernel may use. Kernels take a policy as a type parameter, so every width is its own
/// machine code: production passes <see cref="NativeIsa"/>, tests and benchmarks instantiate each of them in one process.
/// </summary>
/// <remarks>Every member is a constant to the JIT: a branch on it leaves no code behind.</remarks>
public interface IIsa
{
    /// <summary>True when 128-bit vectors may be used.</summary>
    static abstract bool V128 { get; }

    /// <summary>True when 256-bit vectors may be used.</summary>
    static abstract bool V256 { get; }

    /// <summary>True when 512-bit vectors may be used.</summary>
    static abstract bool V512 { get; }
}
