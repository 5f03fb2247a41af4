using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>Tests that set environment variables of this process run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class EnvironmentCollection
{
    public const string Name = "environment variables";
}
