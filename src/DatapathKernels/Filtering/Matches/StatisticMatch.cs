using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <summary><c>-m statistic</c>: a share of the packets, at random or every n-th.</summary>
/// <param name="Mode">At random, or every n-th.</param>
/// <param name="Threshold">
/// Random mode: <c>lround(p * 2^31)</c>, the kernel's own form; a packet matches when a 31-bit draw is below it. 0 to 2^31.
/// </param>
/// <param name="Every">Nth mode: one packet of this many.</param>
/// <param name="Packet">Nth mode: which one, from 0.</param>
/// <param name="Negated">True for <c>! --probability</c> and <c>! --every</c>.</param>
public sealed record StatisticMatch(StatisticMode Mode, uint Threshold, uint Every = 0, uint Packet = 0, bool Negated = false) : RuleMatch
{
    /// <summary>The threshold of a probability from 0 to 1, rounded as userspace rounds it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 0 to 1.</exception>
    public static uint ThresholdOf(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            Throw.OutOfRange(nameof(probability), probability, "a probability lies from 0 to 1");
        return (uint)Math.Round(probability * 2147483648.0, MidpointRounding.AwayFromZero);
    }

    /// <summary>A random match of this probability.</summary>
    public static StatisticMatch Random(double probability) => new(StatisticMode.Random, ThresholdOf(probability));

    /// <summary>The n-th match: packet number <paramref name="packet"/>, from 0, of every <paramref name="every"/>.</summary>
    public static StatisticMatch Nth(uint every, uint packet = 0) => new(StatisticMode.Nth, 0, every, packet);
}
