namespace DatapathKernels.Filtering;

/// <summary>
/// A <see cref="LimitMatch"/> in the credits of xt_limit.c, in a kernel of a thousand ticks a second: 32 credits a
/// millisecond, the largest power of two with which a day's worth fits 32 bits.
/// </summary>
/// <param name="Cost">Credits a packet costs.</param>
/// <param name="Cap">Credits of the full bucket.</param>
internal readonly record struct LimitTest(uint Cost, uint Cap)
{
    private const uint CreditsPerMs = 32, TicksPerSecond = 1000;

    /// <summary>False when the kernel would refuse the rule: no burst, or a bucket of more than 32 bits.</summary>
    public static bool TryMake(LimitMatch match, out LimitTest test)
    {
        test = new LimitTest(Credits(match.Period), Credits(unchecked(match.Period * match.Burst)));
        return match.Burst != 0 && match.Period != 0 && test.Cap >= test.Cost;
    }

    /// <summary>True when the bucket holds a packet's worth, which it then loses. Time that runs backwards adds nothing.</summary>
    public bool TryTake(ref LimitBucket bucket, long nowMs)
    {
        if (!bucket.Started)
            bucket = new LimitBucket { Started = true, Credit = Cap, LastMs = nowMs };
        ulong idleMs = (ulong)Math.Max(nowMs - bucket.LastMs, 0);
        bucket.LastMs = nowMs;
        bucket.Credit = idleMs >= Cap / CreditsPerMs + 1 ? Cap : (uint)Math.Min(bucket.Credit + (idleMs * CreditsPerMs), Cap);
        if (bucket.Credit < Cost)
            return false;
        bucket.Credit -= Cost;
        return true;
    }

    /// <summary>The kernel's <c>user2credits</c>: divides first where multiplying would overflow.</summary>
    private static uint Credits(uint period) => period > uint.MaxValue / (TicksPerSecond * CreditsPerMs)
        ? unchecked(period / LimitMatch.Scale * TicksPerSecond * CreditsPerMs)
        : period * TicksPerSecond * CreditsPerMs / LimitMatch.Scale;
}
