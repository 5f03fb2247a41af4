namespace DatapathKernels.Conntrack;

/// <summary>How useful a connection was when it was looked at.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Rank">Its class; <see cref="Over"/> when its time was over.</param>
/// <param name="StampMs">Within its class, the earlier the sooner it goes: when it ends, or when it was used.</param>
internal readonly record struct Victim(int Id, int Rank, uint StampMs)
{
    public const int Over = -1, RankShift = 32;

    /// <summary>A number that grows with the use of keeping it.</summary>
    public long UseAt(uint nowMs) => ((long)Rank << RankShift) + (int)(StampMs - nowMs);
}
