using DatapathKernels.Report.Comparison;
using Xunit;

namespace DatapathKernels.Tests.Report;

public class MannWhitneyTests
{
    private static readonly double[] OneToTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    [Fact]
    public void Complete_separation_has_the_value_computed_by_hand()
    {
        // U = 0, mean 50, variance 10 * 10 * 21 / 12 = 175, z = 49.5 / sqrt(175) = 3.741854.
        double p = MannWhitney.PValue(OneToTen, [.. OneToTen.Select(v => v + 10)])!.Value;

        Assert.Equal(0.00018267, p, 7);
    }

    [Fact]
    public void Ties_are_corrected_for()
    {
        // Ranks 4.5 for the eight ones and 12.5 for the eight twos; U = 16, mean 32, ties 2 * 504, variance 68.2667.
        double[] left = [1, 1, 1, 1, 1, 1, 2, 2], right = [1, 1, 2, 2, 2, 2, 2, 2];

        Assert.Equal(0.0606585, MannWhitney.PValue(left, right)!.Value, 5);
    }

    [Fact]
    public void It_is_symmetric_and_one_for_equal_samples()
    {
        double[] other = [3, 3, 4, 9, 12, 15, 16, 20, 21];

        Assert.Equal(MannWhitney.PValue(OneToTen, other)!.Value, MannWhitney.PValue(other, OneToTen)!.Value, 12);
        Assert.Equal(1, MannWhitney.PValue(OneToTen, OneToTen));
        Assert.Equal(1, MannWhitney.PValue([5, 5, 5, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5, 5, 5]));
    }

    [Fact]
    public void Few_numbers_say_nothing() => Assert.Null(MannWhitney.PValue([1, 2, 3], OneToTen));

    [Fact]
    public void Many_tests_are_corrected_and_stay_in_order() =>
        Assert.Equal([0.03, null, 0.06, 0.06], RunComparison.Holm([0.01, null, 0.04, 0.03]));
}
