using DatapathKernels.Hashing;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Every map under millions of random operations, against a dictionary.</summary>
public class MapStressTests
{
    [Theory]
    [InlineData(1000, 2_000_000)]
    [InlineData(7, 200_000)]
    public void FlowMap_with_paired_keys(int capacity, int operations) =>
        MapStress.Run(new StressedFlowMap<RawKey<UInt128>>(capacity, i => new(new UInt128(i, ~0ul - i)), key => (uint)(key.Value >> 64)), capacity, operations);

    [Fact]
    public void FlowMap_with_small_keys() =>
        MapStress.Run(new StressedFlowMap<RawKey<uint>>(800, i => new(i * 2_654_435_761), key => key.Value * 244_002_641), 800, 1_000_000);

    [Fact]
    public void FlowMap_with_crowded_keys() =>
        MapStress.Run(new StressedFlowMap<CrowdedKey>(60, i => new(i), key => (uint)key.Value), 60, 500_000);

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
