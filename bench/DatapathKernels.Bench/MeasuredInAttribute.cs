namespace DatapathKernels.Bench;

/// <summary>The unit of a benchmark's time, as the records carry it: always nanoseconds per something.</summary>
/// <remarks>On a method it overrules the one on its class. Without either the unit is <see cref="Default"/>.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class MeasuredInAttribute(string unit) : Attribute
{
    /// <summary>What BenchmarkDotNet itself measures: nanoseconds per operation.</summary>
    public const string Default = "ns/op";

    /// <summary>For example <c>ns/packet</c> or <c>ns/lookup</c>.</summary>
    public string Unit { get; } = unit;
}
