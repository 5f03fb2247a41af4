using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Suites;
using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>How the cases that are asked for will be run.</summary>
public class SuiteCatalogTests
{
    [Theory]
    [InlineData(typeof(ConntrackBench), nameof(ConntrackBench.Expire), true)]
    [InlineData(typeof(ConntrackBench), nameof(ConntrackBench.EstablishedBurst), false)]
    [InlineData(typeof(FlowMapUpdateBench), nameof(FlowMapUpdateBench.Insert), true)]
    [InlineData(typeof(FlowMapUpdateBench), nameof(FlowMapUpdateBench.Delete), true)]
    [InlineData(typeof(FlowMapUpdateBench), nameof(FlowMapUpdateBench.Churn), false)]
    public void What_is_prepared_for_an_iteration_is_used_once(Type suite, string benchmark, bool once)
    {
        BenchOptions options = new() { Filter = new NameFilter($"{suite.Name}.{benchmark}") };
        IReadOnlyList<BenchmarkRunInfo> selected = SuiteCatalog.Select([suite], options, BenchConfig.Create(BenchProfile.Quick, NullLogger.Instance, null, Path.GetTempPath()));
        Assert.All(Assert.Single(selected).BenchmarksCases, c => Assert.Equal((once, 1), (c.Job.Run.InvocationCount == 1, c.Job.Run.UnrollFactor)));
    }
}
