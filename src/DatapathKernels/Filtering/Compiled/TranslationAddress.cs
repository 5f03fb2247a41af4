namespace DatapathKernels.Filtering;

/// <summary>Where a translation's address comes from.</summary>
internal enum TranslationAddress : byte
{
    /// <summary>It is in the binding, or the packet keeps its own.</summary>
    Given,

    /// <summary>One of several.</summary>
    Range,

    /// <summary>The packet's own, in another network.</summary>
    Mapped,

    /// <summary>That of an interface.</summary>
    OfInterface,
}
