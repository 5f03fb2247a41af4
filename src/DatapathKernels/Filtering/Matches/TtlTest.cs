namespace DatapathKernels.Filtering;

/// <summary>How <see cref="TtlMatch"/> compares.</summary>
public enum TtlTest : byte
{
    /// <summary>The packet's is the same.</summary>
    Equal,

    /// <summary>The packet's is lower.</summary>
    Less,

    /// <summary>The packet's is higher.</summary>
    Greater,
}
