namespace DatapathKernels.Conntrack;

/// <summary>How a place of a <see cref="ConnectionStore"/> keeps the tuples of its connection.</summary>
[Flags]
internal enum TupleForm : byte
{
    /// <summary>It never had a connection.</summary>
    None,

    /// <summary>Two of 16 bytes, both IPv4's.</summary>
    Compact,

    /// <summary>Two of 40 bytes.</summary>
    Wide,

    /// <summary>Of a connection that ended, besides: the place is free, or will be.</summary>
    Ended = 4,
}
