namespace DatapathKernels.Bench;

/// <summary>
/// A benchmark that the quick profile leaves out, so that a run of everything stays within its minutes: a variant of one that it measures. Measured by <c>--full</c>,
/// and whenever a filter asks for cases by name.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FullOnlyAttribute : Attribute;
