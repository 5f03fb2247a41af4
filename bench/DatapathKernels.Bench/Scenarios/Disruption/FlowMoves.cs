using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>The shares of flows that a change of backends moved.</summary>
/// <param name="Needed">Flows that had to move: theirs left, or theirs is the new one's share.</param>
/// <param name="Needless">Flows that went from one backend that stays to another that was there before.</param>
internal readonly record struct FlowMoves(double Needed, double Needless)
{
    /// <summary>Of two tables of slots.</summary>
    public static FlowMoves Of(MaglevDisruption disruption) => new(disruption.Forced + disruption.Joined, disruption.Needless);

    /// <summary>Of flows that were asked for one by one, before and after.</summary>
    /// <param name="before">The backend of each flow.</param>
    /// <param name="after">The same after the change.</param>
    /// <param name="changed">The backend that left or joined.</param>
    public static FlowMoves Between(ReadOnlySpan<int> before, ReadOnlySpan<int> after, int changed)
    {
        int needed = 0, needless = 0;
        for (int i = 0; i < before.Length; i++)
        {
            if (before[i] == after[i])
                continue;
            if (before[i] == changed || after[i] == changed)
                needed++;
            else
                needless++;
        }

        return new FlowMoves((double)needed / before.Length, (double)needless / before.Length);
    }

    /// <summary>The mean of several changes.</summary>
    public static FlowMoves Mean(IReadOnlyCollection<FlowMoves> moves) => new(moves.Average(m => m.Needed), moves.Average(m => m.Needless));
}
