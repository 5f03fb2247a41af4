using Xunit;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>Asserts that code allocates nothing once it is warm.</summary>
public static class Allocation
{
    public static void IsZero(Action action)
    {
        for (int i = 0; i < 50; i++)
            action();

        // A collection that another test causes retires this thread's allocation context, whose unused rest (up to 8 KiB)
        // then counts as allocated. Code that allocates does so in every round.
        long least = long.MaxValue;
        for (int round = 0; round < 4 && least != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }
}
