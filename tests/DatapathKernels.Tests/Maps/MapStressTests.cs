using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Every other map under millions of random operations, against a dictionary.</summary>
public class MapStressTests
{
    [Theory]
    [InlineData(1000, 1_000_000)]
    [InlineData(1, 100_000)]
    public void ClockFlowMap(int capacity, int operations) => MapStress.Run(new StressedClockMap(capacity), capacity, operations);

    [Theory]
    [InlineData(1000, 1, false, 1_000_000)]
    [InlineData(600, 3, true, 500_000)]
    [InlineData(1, 1, false, 100_000)]
    public void BpfLruMap(int capacity, int cpus, bool perCpu, int operations) => MapStress.Run(new StressedBpfLruMap(capacity, cpus, perCpu), capacity, operations);

    [Theory]
    [InlineData(1000, 1_000_000)]
    [InlineData(3, 100_000)]
    public void PerCpuFlowMap(int capacity, int operations) => MapStress.Run(new StressedPerCpuMap(capacity), capacity, operations);
}
