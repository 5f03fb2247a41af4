using System.Diagnostics;
using DatapathKernels.Bench.Scenarios.Measuring;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public sealed class ScenarioTimerTests
{
    [Fact]
    public void The_middle_round_is_the_median()
    {
        Assert.Equal(new ScenarioTime(3, 1, 9), ScenarioTime.Of([9, 1, 3]));
        Assert.Equal(new ScenarioTime(2, 1, 9), ScenarioTime.Of([9, 1, 3, 1]));
    }

    [Fact]
    public void Ticks_of_a_batch_become_nanoseconds_of_a_packet()
    {
        long millisecond = Stopwatch.Frequency / 1000;

        ScenarioTime time = new ScenarioTimer(full: false).Measure(() => millisecond, 1000);

        Assert.Equal(1000, time.Median, 6);
        Assert.Equal(time.Min, time.Max);
    }

    [Theory]
    [InlineData(false, new double[] { 1, 1, 1, 1, 1 })]
    [InlineData(true, new double[] { 9, 1, 1, 1, 1, 1, 1 })]
    [InlineData(true, new double[] { 9, 1, 1, 5, 1, 1, 1.04 })]
    [InlineData(false, new double[] { 2, 2, 2, 1, 1, 1 })]
    public void Rounds_are_warm_when_three_are_like_the_three_before(bool warm, double[] rounds) =>
        Assert.Equal(warm, ScenarioTimer.AreAlike(rounds));

    [Fact]
    public void Caches_are_read_by_level_and_code_is_left_out()
    {
        string folder = Directory.CreateTempSubdirectory("datapath-").FullName;
        Add("index0", "1", "Data", "48K");
        Add("index1", "1", "Instruction", "32K");
        Add("index3", "3", "Unified", "32M");
        Add("index2", "2", "Unified", "1024K");

        Assert.Equal([new CacheSize(1, 48 << 10), new(2, 1 << 20), new(3, 32 << 20)], CacheSize.Read(folder));
        Assert.Empty(CacheSize.Read(Path.Combine(folder, "missing")));
        Directory.Delete(folder, recursive: true);

        void Add(string index, string level, string type, string size)
        {
            string path = Directory.CreateDirectory(Path.Combine(folder, index)).FullName;
            File.WriteAllText(Path.Combine(path, "level"), level + "\n");
            File.WriteAllText(Path.Combine(path, "type"), type + "\n");
            File.WriteAllText(Path.Combine(path, "size"), size + "\n");
        }
    }
}
