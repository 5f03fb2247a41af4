using Xunit;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>Asserts that code allocates nothing once it is warm.</summary>
public static class Allocation
{
    public static void IsZero(Action action)
    {
        for (int i = 0; i < 50; i++)
            action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            action();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
    }
}
