using System.Diagnostics;
using DatapathKernels.Bench.Latency;
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

    [Theory]
    [InlineData(0x4121u, 0x02C0_003Fu, 63u, 1, 48 << 10)] // 12 ways of 64 sets of 64 bytes.
    [InlineData(0x4143u, 0x03C0_003Fu, 1023u, 2, 1 << 20)]
    [InlineData(0x4163u, 0x03C0_003Fu, 32767u, 3, 32 << 20)]
    public void A_processor_tells_ways_lines_and_sets_less_one(uint eax, uint ebx, uint ecx, int level, long bytes) =>
        Assert.Equal(new CacheSize(level, bytes), ProcessorCaches.Decode(eax, ebx, ecx));

    [Fact]
    public void The_old_leaves_tell_two_levels_in_KiB_or_nothing()
    {
        Assert.Equal([new CacheSize(1, 48 << 10), new(2, 1 << 20)], ProcessorCaches.Old(0x300C_0140, 0x0400_6140));
        Assert.Empty(ProcessorCaches.Old(0, 0));
    }

    [Fact]
    public void A_cache_of_code_is_none() => Assert.Null(ProcessorCaches.Decode(0x4122, 0x01C0_003F, 63));

    [Fact]
    public void Caches_of_this_processor_grow_with_their_level()
    {
        IReadOnlyList<CacheSize> caches = ProcessorCaches.Read();
        Assert.Equal(caches.Order(Comparer<CacheSize>.Create((one, other) => one.Level.CompareTo(other.Level))), caches);
        Assert.All(caches, cache => Assert.True(cache is { Level: >= 1 and <= 4, Bytes: >= 4096 }));
    }

    [Fact]
    public void The_clock_counts_single_nanoseconds()
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        double[] times = [.. Enumerable.Range(0, 1000).Select(_ => Nanoseconds.Since(start))];
        Assert.Equal(times.Order(), times);
        Assert.True(System.Diagnostics.Stopwatch.Frequency < 1_000_000_000 || times.Any(time => time % 100 != 0));
    }

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
