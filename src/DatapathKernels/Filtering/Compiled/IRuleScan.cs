namespace DatapathKernels.Filtering;

/// <summary>
/// How a matcher finds the next rule whose head matches: the one thing in which the matchers differ. Everything else (tests
/// behind the head, targets, counters, jumps) is the one walk of <see cref="ChainMatcher"/>. A struct, so that each pair of
/// scan and random source is its own machine code.
/// </summary>
internal interface IRuleScan
{
    /// <summary>
    /// The first rule from <paramref name="rule"/> on, in its chain, whose head matches. The end of a chain matches every
    /// packet, so there always is one.
    /// </summary>
    int Next(int rule, in PacketView view);
}
