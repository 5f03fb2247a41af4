using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Traffic;
using Xunit;

namespace DatapathKernels.Tests.Formats.Traffic;

public class ZipfSamplerTests
{
    [Theory]
    [InlineData(1, 1.1)]
    [InlineData(10, 0)]
    [InlineData(1000, 0.99)]
    [InlineData(30_000, 1.1)]
    [InlineData(5, 3)]
    public void Probabilities_follow_the_law(int count, double skew)
    {
        ZipfSampler sampler = new(count, skew);
        double norm = Enumerable.Range(1, count).Sum(rank => Math.Pow(rank, -skew));
        for (int rank = 0; rank < count; rank += Math.Max(1, count / 97))
            Assert.Equal(Math.Pow(rank + 1, -skew) / norm, sampler.Probability(rank), 12);
    }

    /// <summary>Every boundary of the distribution, from both sides: the guide table never starts in the wrong place.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(1000, 0.99)]
    [InlineData(5000, 1.1)]
    [InlineData(3000, 5)]
    public void Samples_are_the_inverse_of_the_distribution(int count, double skew)
    {
        ZipfSampler sampler = new(count, skew);
        double[] boundaries = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++)
            boundaries[i] = sum += sampler.Probability(i);
        for (int i = 0; i < count; i++)
        {
            double middle = (boundaries[i] + (i == 0 ? 0 : boundaries[i - 1])) / 2;
            if (sampler.Probability(i) > 1e-12)
                Assert.Equal(i, sampler.Sample(middle));
        }

        Assert.Equal(0, sampler.Sample(0));
        Assert.InRange(sampler.Sample(Math.BitDecrement(1.0)), 0, count - 1);
    }

    /// <summary>Chi-square of 20 classes of about equal probability; 43.8 is exceeded once in a thousand seeds.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.99)]
    [InlineData(1.1)]
    [InlineData(2)]
    public void Frequencies_are_as_expected(double skew)
    {
        const int draws = 200_000, ranks = 1000;
        ZipfSampler sampler = new(ranks, skew);
        SeededRandom random = new(7);
        int[] counts = new int[ranks];
        for (int i = 0; i < draws; i++)
            counts[sampler.Sample(random.NextDouble())]++;

        double chiSquare = 0, expected = 0, seen = 0;
        for (int rank = 0; rank < ranks; rank++)
        {
            expected += sampler.Probability(rank) * draws;
            seen += counts[rank];
            if (expected < draws / 20.0 && rank < ranks - 1)
                continue;
            chiSquare += (seen - expected) * (seen - expected) / expected;
            expected = seen = 0;
        }

        Assert.True(chiSquare < 43.8, $"chi-square {chiSquare}");
    }

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(10, -0.1)]
    [InlineData(10, double.NaN)]
    public void Nonsense_is_refused(int count, double skew) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZipfSampler(count, skew));
}
