using DatapathKernels.Report.Analysis;
using Xunit;

namespace DatapathKernels.Tests.Report;

public class CrossoverTests
{
    private static readonly Series Flat = Samples.Curve((10, 10), (100, 10), (1000, 10));

    [Fact]
    public void Between_two_sizes_it_is_interpolated_on_log_axes()
    {
        Crossover found = Crossover.Find(Samples.Curve((10, 1), (100, 100), (1000, 10000)), Flat);

        Assert.Equal(CrossoverKind.Crosses, found.Kind);
        Assert.Equal(Math.Pow(10, 1.5), found.X, 9);
        Assert.Equal(10, found.Y, 9);
    }

    [Fact]
    public void On_a_measured_size_it_is_that_size() =>
        Assert.Equal(100, Crossover.Find(Samples.Curve((10, 1), (100, 10), (1000, 100)), Flat).X, 9);

    [Fact]
    public void Of_several_the_last_counts() =>
        Assert.InRange(Crossover.Find(Samples.Curve((10, 20), (100, 5), (1000, 20)), Flat).X, 100, 1000);

    [Fact]
    public void Without_one_the_answer_says_why()
    {
        Assert.Equal(CrossoverKind.AlwaysAbove, Crossover.Find(Samples.Curve((10, 11), (100, 12)), Flat).Kind);
        Assert.Equal(CrossoverKind.NeverAbove, Crossover.Find(Samples.Curve((10, 11), (100, 9)), Flat).Kind);
        Assert.Equal(CrossoverKind.NotComparable, Crossover.Find(Samples.Curve((11, 11)), Flat).Kind);
    }

    [Fact]
    public void The_slope_of_a_line_is_found()
    {
        LinearFit fit = LinearFit.Of(Samples.Curve((10, 45), (100, 180), (1000, 1530)).Points)!.Value;

        Assert.Equal(1.5, fit.Slope, 9);
        Assert.Equal(30, fit.Intercept, 9);
        Assert.Null(LinearFit.Of(Samples.Curve((10, 45)).Points));
    }
}
