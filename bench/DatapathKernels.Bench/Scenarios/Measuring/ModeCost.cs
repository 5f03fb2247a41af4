using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>What a packet costs in a mode, ns: one of a known connection, and one that opens a connection.</summary>
internal readonly record struct ModeCost(DatapathMode Mode, double Established, double First)
{
    /// <summary>The mean cost of packets of which a share opens connections.</summary>
    /// <param name="share">0 to 1.</param>
    public double At(double share) => ((1 - share) * Established) + (share * First);

    /// <summary>The share of packets that open connections at which two modes cost the same; null when one is the cheaper for every share.</summary>
    public static double? EqualShare(ModeCost one, ModeCost other)
    {
        double known = one.Established - other.Established, opening = one.First - other.First;
        // The difference goes from `known` at 0 to `opening` at 1 on a straight line: it has a zero between when the signs differ.
        return known * opening < 0 ? known / (known - opening) : null;
    }
}
