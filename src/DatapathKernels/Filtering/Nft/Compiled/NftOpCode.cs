namespace DatapathKernels.Filtering.Nft;

/// <summary>What one step of a compiled rule does.</summary>
internal enum NftOpCode : byte
{
    /// <summary>Fits no packet: a test of the other family's addresses.</summary>
    Never,

    /// <summary>The field under the mask is the value.</summary>
    Equal,

    /// <summary>The field has one of the mask's bits.</summary>
    AnyBit,

    /// <summary>The field lies between mask and value.</summary>
    Between,

    /// <summary>The 128-bit field lies in the range of that index.</summary>
    BetweenWide,

    /// <summary>The fields are a key of the set of that index.</summary>
    Member,

    /// <summary>The verdict comes from the map of that index.</summary>
    Map,

    /// <summary>The verdict comes from the number table of that index.</summary>
    Number,

    /// <summary>The mark becomes (mark and mask) xor value.</summary>
    Mark,

    /// <summary>The same of the connection's mark.</summary>
    ConnectionMark,

    /// <summary>The set of that index changes.</summary>
    Update,

    /// <summary>The counter of that index counts.</summary>
    Count,

    /// <summary>The translation of that index is chosen.</summary>
    Translate,

    /// <summary>The packet is refused; the index is the kind.</summary>
    Reject,

    /// <summary>The value is a verdict.</summary>
    Verdict,

    /// <summary>The end of a rule without verdict: on to the next.</summary>
    RuleEnd,

    /// <summary>The end of a chain.</summary>
    ChainEnd,
}
