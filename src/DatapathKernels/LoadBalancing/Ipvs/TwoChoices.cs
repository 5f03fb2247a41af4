using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary><c>twos</c> (<c>ip_vs_twos.c</c>): two servers drawn by weight, and the less loaded of them.</summary>
/// <remarks>The kernel adds the weights up in 32 bits; of sums that do not fit in 31, which ipvsadm's weights cannot reach, only 2^31 - 1 are drawn from.</remarks>
internal static class TwoChoices
{
    /// <param name="servers">The servers.</param>
    /// <param name="random">64 random bits.</param>
    public static int Schedule(ServerColumns servers, ulong random)
    {
        uint bound = (uint)Math.Min(servers.Sums!.Total, int.MaxValue) + 1;
        return Schedule(servers, (int)ReciprocalScale.Scale((uint)random, bound), (int)ReciprocalScale.Scale((uint)(random >> 32), bound));
    }

    /// <summary>The choice for two draws from 0 to the sum of the usable weights, both included, as the kernel draws them.</summary>
    public static int Schedule(ServerColumns servers, int draw1, int draw2)
    {
        ReadOnlySpan<int> usable = servers.Usable, overhead = servers.Overhead;
        int choice1 = servers.Sums!.Find(usable, draw1), choice2 = servers.Sums.Find(usable, draw2);
        if (choice1 < 0 || choice2 < 0)
            return choice1;
        return unchecked(usable[choice2] * overhead[choice1] > usable[choice1] * overhead[choice2]) ? choice2 : choice1;
    }
}
