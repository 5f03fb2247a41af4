namespace DatapathKernels.Filtering.Nft;

/// <summary>Where a packet goes after a rule.</summary>
public enum NftVerdictKind : byte
{
    /// <summary><c>continue</c>: to the rule's next statement.</summary>
    Continue,

    /// <summary><c>accept</c>: out of this base chain; later base chains see the packet still.</summary>
    Accept,

    /// <summary><c>drop</c>: nowhere.</summary>
    Drop,

    /// <summary><c>return</c>: back to the rule after the jump; in a base chain to its policy.</summary>
    Return,

    /// <summary><c>jump</c>: into a chain, and back.</summary>
    Jump,

    /// <summary><c>goto</c>: into a chain, and then back to the caller's caller.</summary>
    Goto,
}
