using DatapathKernels.Bench.Latency;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class LatencyHistogramTests
{
    private static readonly double[] Shares = [0, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

    [Theory]
    [InlineData(200, 1)]
    [InlineData(1_000, 7)]
    [InlineData(100_000, 3)]
    [InlineData(LatencyHistogram.Largest, 11)]
    public void Percentiles_are_within_one_percent_of_the_exact_ones(long largest, int seed)
    {
        Random random = new(seed);
        LatencyHistogram histogram = new();
        long[] values = new long[20_000];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (long)Math.Exp(random.NextDouble() * Math.Log(largest));
            histogram.Record(values[i]);
        }

        Array.Sort(values);
        foreach (double share in Shares)
        {
            long exact = values[Math.Max(0, (int)Math.Ceiling(Math.Round(share * values.Length, 6)) - 1)];
            Assert.InRange(histogram.Percentile(share), exact * 0.99, exact * 1.01);
        }
    }

    [Fact]
    public void Every_number_stands_within_one_percent_of_its_bucket()
    {
        for (long value = 0; value <= LatencyHistogram.Largest; value += 1 + (value / 1000))
        {
            LatencyHistogram histogram = new();
            histogram.Record(value);
            Assert.InRange(histogram.Percentile(1), value * 0.99, value * 1.01);
            if (value > 100_000)
                value += value / 50;
        }
    }

    [Fact]
    public void Ranks_are_exact_for_small_numbers()
    {
        LatencyHistogram histogram = new();
        for (int i = 1; i <= 100; i++)
            histogram.Record(i);

        Assert.Equal((1, 50, 99, 100), (histogram.Percentile(0), histogram.Percentile(0.5), histogram.Percentile(0.99), histogram.Percentile(0.999)));
    }

    [Fact]
    public void A_share_that_is_not_exact_in_binary_asks_for_its_own_rank()
    {
        LatencyHistogram histogram = new();
        histogram.Record(1, 999);
        histogram.Record(200);

        Assert.Equal(1, histogram.Percentile(0.999));
        Assert.Equal(200, histogram.Percentile(0.9995));
    }

    [Fact]
    public void Numbers_outside_count_as_the_ends()
    {
        LatencyHistogram histogram = new();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);

        Assert.Equal(0, histogram.Percentile(0));
        Assert.InRange(histogram.Percentile(1), LatencyHistogram.Largest * 0.99, LatencyHistogram.Largest);
    }

    [Fact]
    public void Histograms_add_up_and_forget()
    {
        LatencyHistogram first = new(), second = new();
        first.Record(10, 3);
        second.Record(20);

        first.Add(second);

        Assert.Equal((4, 10, 20), (first.Count, first.Percentile(0.5), first.Percentile(1)));
        first.Clear();
        Assert.Equal(0, first.Count);
        Assert.Throws<InvalidOperationException>(() => first.Percentile(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => second.Percentile(99));
        Assert.Throws<ArgumentOutOfRangeException>(() => second.Record(1, -1));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        LatencyHistogram histogram = new();
        Allocation.IsZero(() => histogram.Record(123_456));
    }

    [Fact]
    public void The_lines_of_several_processes_are_read_back_as_one_histogram()
    {
        LatencyHistogram first = new(), second = new(), both = new();
        Random random = new(5);
        for (int i = 0; i < 5000; i++)
        {
            long value = random.NextInt64(1, 1_000_000);
            (i % 2 == 0 ? first : second).Record(value);
            both.Record(value);
        }

        StringWriter output = new();
        output.WriteLine("// something else");
        LatencyLines.Write(output, first, 1.0 / 32);
        LatencyLines.Write(output, new LatencyHistogram(), 1.0 / 32);
        LatencyLines.Write(output, second, 1.0 / 32);

        Assert.Equal(LatencySummary.Of(both, 1.0 / 32), LatencyLines.Read(output.ToString().Split(Environment.NewLine)));
        Assert.Null(LatencyLines.Read(["nothing of the kind"]));
    }
}
