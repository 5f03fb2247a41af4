using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DatapathKernels.Bench;
using DatapathKernels.Bench.Machines;
using DatapathKernels.Bench.Running;
using DatapathKernels.Report.Records;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class RecordMapperTests
{
    private static readonly BenchProfile Tiny = new("tiny", Launches: 1, Warmups: 1, Iterations: 3, IterationMs: 1);

    [Fact]
    public void A_run_gives_one_record_a_case_and_one_failure_a_wrong_answer()
    {
        RunEnvironment environment = RunEnvironment.Capture(Solution.Root, "test", "tiny", DateTime.UtcNow);
        Summary summary = BenchmarkRunner.Run<TinyBench>(BenchConfig.Create(Tiny, NullLogger.Instance, null, Path.GetTempPath(), InProcessEmitToolchain.DontLogOutput));

        IReadOnlyList<BenchmarkRecord> records = RecordMapper.Records([summary], environment);
        IReadOnlyList<BenchFailure> failures = RecordMapper.Failures([summary]);

        Assert.Equal(["Allocating", "Counting"], records.Select(r => r.Benchmark).Order());
        Assert.Equal(["TinyBench.Allocating Size=13", "TinyBench.Counting Size=13"], failures.Select(f => f.Case.Full).Order());
        BenchmarkRecord counting = records.Single(r => r.Benchmark == "Counting");
        Assert.Equal("TinyBench", counting.Suite);
        Assert.Equal(ParameterValue.Of(100), counting.Parameters["Size"]);
        Assert.Equal("ns/packet", counting.Unit);
        Assert.Equal("ns/object", records.Single(r => r.Benchmark == "Allocating").Unit);
        Assert.InRange(counting.Median, counting.Min, counting.Max);
        Assert.Equal((environment.Machine, environment.Commit, environment.Utc), (counting.Machine, counting.Commit, counting.Utc));
    }

    [MeasuredIn("ns/packet")]
    public class TinyBench
    {
        [Params(100, 13)]
        public int Size { get; set; }

        [GlobalSetup]
        public void Setup()
        {
            if (Size == 13)
                throw new InvalidOperationException("packet 13: expected luck");
        }

        [Benchmark(OperationsPerInvoke = 100)]
        public int Counting()
        {
            int sum = 0;
            for (int i = 0; i < Size; i++)
                sum += i;
            return sum;
        }

        [Benchmark]
        [MeasuredIn("ns/object")]
        public byte[] Allocating() => new byte[Size];
    }
}
