using Xunit;

namespace DatapathKernels.Tests.Infrastructure;

public class GuardedMemoryTests
{
    [Fact]
    public void Spans_lie_flush_against_both_ends()
    {
        using GuardedMemory memory = new(100);
        memory.AtStart(memory.Capacity).Fill(1);
        memory.AtEnd([2, 3]);
        Assert.Equal([1, 2, 3], memory.AtStart(memory.Capacity)[^3..].ToArray());
        Assert.True(memory.AtStart(0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.AtEnd(memory.Capacity + 1).Length);
    }
}
