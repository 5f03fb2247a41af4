namespace DatapathKernels.Filtering;

/// <summary>What a rule does with a packet that matches. Immutable and compared by value.</summary>
public abstract record RuleTarget;
