namespace DatapathKernels.LoadBalancing;

/// <summary>Euclid's algorithm.</summary>
internal static class CommonDivisor
{
    /// <summary>The greatest common divisor; zero counts as divisible by everything.</summary>
    public static int Of(int a, int b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
