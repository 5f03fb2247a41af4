using System.Numerics;

namespace DatapathKernels.Bench.Latency;

/// <summary>
/// Counts of whole numbers (nanoseconds, or ticks of a clock) in buckets no wider than 1% of what they hold: every
/// percentile is within 1% of the exact one. Numbers below 256 have a bucket of their own each; above, every power of two
/// is cut into 128. 34 KiB whatever is recorded; recording takes a shift and an add, and allocates nothing.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>The largest number told apart: 18 minutes in nanoseconds. A larger one counts as this.</summary>
    public const long Largest = (1L << Bits) - 1;

    private const int Bits = 40;

    // 128 parts to a power of two: a bucket's width is at most 1/128 of its least number.
    private const int PartBits = 7, Parts = 1 << PartBits, Single = 2 * Parts;

    private readonly long[] _counts = new long[Single + ((Bits - PartBits - 1) * Parts)];

    /// <summary>How many numbers were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>How many buckets there are.</summary>
    internal int Buckets => _counts.Length;

    /// <summary>Records a number. One below zero, a clock that went backwards, counts as zero.</summary>
    public void Record(long value) => Record(value, 1);

    /// <summary>Records a number so many times: a burst of packets that all waited as long.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is negative.</exception>
    public void Record(long value, long times)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        _counts[BucketOf(Math.Clamp(value, 0, Largest))] += times;
        Count += times;
    }

    /// <summary>Adds what another histogram counted.</summary>
    public void Add(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>Forgets everything: what was recorded while warming up, for one.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>The number that a share of all numbers does not exceed, by nearest rank, to 1%.</summary>
    /// <param name="share">From 0 to 1: 0.99 for p99.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is none.</exception>
    /// <exception cref="InvalidOperationException">Nothing was recorded.</exception>
    public double Percentile(double share)
    {
        if (!(share is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "expected a share from 0 to 1");
        if (Count == 0)
            throw new InvalidOperationException("nothing was recorded; expected at least one number");
        // Shares such as 0.999 are not exact in binary: without the allowance 0.999 of 1,000 would ask for the 1,000th.
        long rank = Math.Max(1, (long)Math.Ceiling((share * Count) - 1e-6)), seen = 0;
        int bucket = 0;
        while ((seen += _counts[bucket]) < rank)
            bucket++;
        return Middle(bucket);
    }

    /// <summary>How many numbers stand in a bucket.</summary>
    internal long CountIn(int bucket) => _counts[bucket];

    /// <summary>The middle of the numbers of a bucket.</summary>
    internal static double Middle(int bucket)
    {
        if (bucket < Single)
            return bucket;
        int shift = ((bucket - Single) >> PartBits) + 1;
        long least = (long)(Parts + ((bucket - Single) & (Parts - 1))) << shift;
        return least + (((1L << shift) - 1) / 2.0);
    }

    private static int BucketOf(long value)
    {
        if (value < Single)
            return (int)value;
        int shift = BitOperations.Log2((ulong)value) - PartBits;
        return Single + ((shift - 1) << PartBits) + (int)((value >> shift) & (Parts - 1));
    }
}
