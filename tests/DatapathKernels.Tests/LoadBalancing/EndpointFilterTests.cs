using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>A filter never says no of what it saw, and seldom perhaps of what it did not.</summary>
public class EndpointFilterTests
{
    [Fact]
    public void What_was_seen_may_be_there()
    {
        EndpointFilter filter = new(100_000);
        Random random = new(1);
        (uint Address, ushort Port)[] seen = [.. Enumerable.Range(0, 5000).Select(_ => ((uint)random.Next(), (ushort)random.Next()))];
        foreach ((uint address, ushort port) in seen)
            filter.Add(address, port);
        Assert.All(seen, endpoint => Assert.True(filter.MayHold(endpoint.Address, endpoint.Port)));
        int wrong = Enumerable.Range(0, 10_000).Count(_ => filter.MayHold((uint)random.Next(), (ushort)random.Next()));
        Assert.InRange(wrong, 0, 300);
    }

    [Fact]
    public void Addresses_of_both_families_count_by_a_word()
    {
        EndpointFilter filter = new(1);
        IPv6Address v6 = new([0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]), v4 = IPv6Address.OfV4(0x0a000001);
        filter.Add(EndpointFilter.WordOf(v6, true), 80);
        filter.Add(EndpointFilter.WordOf(v4, false), 81);
        Assert.True(filter.MayHold(v6, true, 80));
        Assert.True(filter.MayHold(v4, false, 81));
        Assert.True(filter.MayHold(0x0a000001, 81));
        Assert.Equal(128, filter.MemoryBytes);
    }
}
