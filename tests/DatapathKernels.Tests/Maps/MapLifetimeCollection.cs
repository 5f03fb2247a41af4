using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Tests that count the native memory of the whole process: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class MapLifetimeCollection
{
    public const string Name = "native memory";
}
