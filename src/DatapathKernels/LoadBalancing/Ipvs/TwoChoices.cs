using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary><c>twos</c> (<c>ip_vs_twos.c</c>): two servers drawn by weight, and the less loaded of them.</summary>
internal static class TwoChoices
{
    /// <param name="servers">The servers.</param>
    /// <param name="random">64 random bits.</param>
    public static int Schedule(ServerColumns servers, ulong random)
    {
        uint bound = (uint)Total(servers) + 1;
        return Schedule(servers, (int)ReciprocalScale.Scale((uint)random, bound), (int)ReciprocalScale.Scale((uint)(random >> 32), bound));
    }

    /// <summary>The choice for two draws from 0 to the sum of the usable weights, both included, as the kernel draws them.</summary>
    public static int Schedule(ServerColumns servers, int draw1, int draw2)
    {
        ReadOnlySpan<int> usable = servers.Usable;
        int choice1 = -1, choice2 = -1;
        for (int i = 0; i < usable.Length && (choice1 < 0 || choice2 < 0); i++)
        {
            if (usable[i] == 0)
                continue;
            draw1 -= usable[i];
            draw2 -= usable[i];
            if (draw1 <= 0 && choice1 < 0)
                choice1 = i;
            if (draw2 <= 0 && choice2 < 0)
                choice2 = i;
        }

        if (choice1 < 0 || choice2 < 0)
            return choice1;
        ReadOnlySpan<int> overhead = servers.Overhead;
        return unchecked(usable[choice2] * overhead[choice1] > usable[choice1] * overhead[choice2]) ? choice2 : choice1;
    }

    private static int Total(ServerColumns servers)
    {
        int total = 0;
        foreach (int weight in servers.Usable)
            total = unchecked(total + weight);
        return total;
    }
}
