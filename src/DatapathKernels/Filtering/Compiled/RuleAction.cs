namespace DatapathKernels.Filtering;

/// <summary>What a rule, or the end of a chain, does.</summary>
internal enum RuleAction : byte
{
    /// <summary>Nothing: on to the next rule.</summary>
    Continue,

    Accept,
    Drop,
    Return,

    /// <summary>To rule <see cref="RuleTail.Argument"/>; the next rule is where it comes back to.</summary>
    Jump,

    /// <summary>To rule <see cref="RuleTail.Argument"/>, never back.</summary>
    Goto,

    /// <summary>Answer with the <see cref="RejectKind"/> in <see cref="RuleTail.Argument"/>.</summary>
    Reject,

    /// <summary>mark = (mark &amp; ~Argument2) ^ Argument.</summary>
    Mark,

    /// <summary>Change the packet as <see cref="RuleTail.Alteration"/> says; on to the next rule.</summary>
    Alter,

    /// <summary>Translate by <see cref="RuleProgram.Translations"/>[Argument].</summary>
    Nat,

    /// <summary>A target that is not carried out.</summary>
    Unknown,

    /// <summary>The end of a user chain.</summary>
    ChainEnd,

    /// <summary>The end of a builtin chain that accepts.</summary>
    PolicyAccept,

    /// <summary>The end of a builtin chain that drops.</summary>
    PolicyDrop,
}
