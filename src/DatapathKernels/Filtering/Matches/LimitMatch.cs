namespace DatapathKernels.Filtering;

/// <summary><c>-m limit</c>: a token bucket; matches for as long as it holds a packet's worth.</summary>
/// <param name="Period">
/// What one packet costs, in ten-thousandths of a second, the kernel's own form: <c>3/sec</c> is 3333, <c>10/min</c> is 60000.
/// </param>
/// <param name="Burst"><c>--limit-burst</c>: packets that fit the full bucket.</param>
public sealed record LimitMatch(uint Period, uint Burst = LimitMatch.DefaultBurst) : RuleMatch
{
    /// <summary>Ten-thousandths in a second.</summary>
    public const uint Scale = 10_000;

    /// <summary>The burst when none is named.</summary>
    public const uint DefaultBurst = 5;
}
