namespace DatapathKernels.Filtering;

/// <summary>The three standard targets.</summary>
public enum RuleVerdict : byte
{
    /// <summary>Ends the walk of the table; the packet goes on.</summary>
    Accept,

    /// <summary>Ends everything.</summary>
    Drop,

    /// <summary>Back to the calling chain, or to the policy of a builtin one.</summary>
    Return,
}
