namespace DatapathKernels.Filtering;

/// <summary>The operators of a <see cref="U32Expression"/>.</summary>
public enum U32Operator : byte
{
    /// <summary><c>&amp;</c>: keeps the bits of the number.</summary>
    And,

    /// <summary><c>&lt;&lt;</c>: shifts left by the number.</summary>
    ShiftLeft,

    /// <summary><c>&gt;&gt;</c>: shifts right by the number.</summary>
    ShiftRight,

    /// <summary><c>@</c>: goes on by the value in bytes, and reads four bytes at the number from there.</summary>
    At,
}
