namespace DatapathKernels.Filtering;

/// <summary>Which <see cref="IRuleScan"/> a matcher walks with.</summary>
internal enum ScanKind : byte
{
    /// <summary><see cref="LinearScan{THead}"/>.</summary>
    Linear,

    /// <summary><see cref="VectorScan{THead, TIsa}"/>.</summary>
    Vector,

    /// <summary><see cref="PackedRules{THead}"/>: blocks and indexes instead of a scan.</summary>
    Indexed,
}
