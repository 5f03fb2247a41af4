namespace DatapathKernels.Filtering;

/// <summary>What a set says of an entry.</summary>
internal enum IpSetAnswer : byte
{
    /// <summary>Not in the set.</summary>
    None,

    /// <summary>In the set.</summary>
    Match,

    /// <summary>Held by an exception: what <c>--return-nomatch</c> asks for.</summary>
    NoMatch,
}
