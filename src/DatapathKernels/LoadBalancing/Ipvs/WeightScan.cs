using System.Numerics;

namespace DatapathKernels.LoadBalancing;

/// <summary>Searches of a column of weights, as many servers at a time as a vector holds.</summary>
internal static class WeightScan
{
    /// <summary>The first position from <paramref name="start"/> on with at least that weight; -1 when there is none.</summary>
    public static int NextAtLeast(ReadOnlySpan<int> weights, int start, int least)
    {
        int i = start;

        // Most searches end at once.
        if (i < weights.Length && weights[i] >= least)
            return i;
        if (Vector.IsHardwareAccelerated)
        {
            Vector<int> bound = new(least);
            while (i + Vector<int>.Count <= weights.Length && !Vector.GreaterThanOrEqualAny(new Vector<int>(weights[i..]), bound))
                i += Vector<int>.Count;
        }

        for (; i < weights.Length; i++)
        {
            if (weights[i] >= least)
                return i;
        }

        return -1;
    }
}
