namespace DatapathKernels.Filtering;

/// <summary>One operator and its number.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Number">The number.</param>
public readonly record struct U32Step(U32Operator Operator, uint Number);
