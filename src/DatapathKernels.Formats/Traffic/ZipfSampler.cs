namespace DatapathKernels.Formats.Traffic;

/// <summary>
/// Ranks with Zipf's law: rank i of n, counting from 0, has a probability proportional to 1 / (i + 1)^skew. Skew 0 is
/// uniform; 0.99 is YCSB's habit; 1.1 is steep.
/// </summary>
/// <remarks>
/// Exact inversion of the cumulative distribution, with a guide table that says where each n-th of it starts (Chen and
/// Asau, 1974): two steps on average whatever n. Inversion rather than an alias table because powers may differ in the
/// last bit between platforms: here that moves a boundary by 2^-53 of the range, so the same seed gives the same ranks.
/// Memory is 12 bytes a rank.
/// </remarks>
public sealed class ZipfSampler
{
    private readonly double[] _cumulative;
    private readonly int[] _guide;

    /// <summary>Makes the tables.</summary>
    /// <param name="count">Number of ranks, 1 or more.</param>
    /// <param name="skew">The exponent, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no ranks, or the skew is negative or not a number.</exception>
    public ZipfSampler(int count, double skew)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!(skew >= 0 && double.IsFinite(skew)))
            throw new ArgumentOutOfRangeException(nameof(skew), skew, "0 or more");
        _cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Math.Pow(i + 1, -skew);
            _cumulative[i] = sum;
        }

        for (int i = 0; i < count; i++)
            _cumulative[i] /= sum;

        // The last boundary is exactly 1: no draw below 1 can run past it.
        _cumulative[^1] = 1;
        _guide = new int[count];
        int rank = 0;
        for (int i = 0; i < count; i++)
        {
            while (_cumulative[rank] <= (double)i / count)
                rank++;
            _guide[i] = rank;
        }
    }

    /// <summary>Number of ranks.</summary>
    public int Count => _cumulative.Length;

    /// <summary>The probability of a rank.</summary>
    public double Probability(int rank) => rank == 0 ? _cumulative[0] : _cumulative[rank] - _cumulative[rank - 1];

    /// <summary>The rank at a point of the distribution.</summary>
    /// <param name="unit">Uniform in [0, 1).</param>
    /// <returns>A rank from 0 to <see cref="Count"/> - 1.</returns>
    public int Sample(double unit)
    {
        // A product just below n may round up to n.
        int rank = _guide[Math.Min((int)(unit * _guide.Length), _guide.Length - 1)];

        // The same rounding may have chosen the guide of the next n-th: step back first, then forward.
        while (rank > 0 && _cumulative[rank - 1] > unit)
            rank--;
        while (_cumulative[rank] <= unit)
            rank++;
        return rank;
    }
}
