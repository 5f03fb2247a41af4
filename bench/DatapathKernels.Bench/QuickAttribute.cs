namespace DatapathKernels.Bench;

/// <summary>
/// The values of a parameter that the quick profile measures, so that a run of everything stays within its minutes. All values
/// are measured by <c>--full</c>, and whenever a filter asks for cases by name.
/// </summary>
/// <param name="values">Some of the values of <c>[Params]</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class QuickAttribute(params object[] values) : Attribute
{
    /// <summary>The values.</summary>
    public IReadOnlyList<object> Values { get; } = values;
}
