using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Scenarios;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Readme;
using DatapathKernels.Report.Scenarios;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

[Collection(EnvironmentCollection.Name)]
public sealed class ScenarioTests
{
    [Fact]
    public void Every_scenario_has_a_name_of_its_own_and_its_reading()
    {
        IReadOnlyDictionary<string, string> readings = ReadingFile.Read(Path.Combine(Solution.Root, "results", "READING.md"));

        Assert.Equal(ScenarioCatalog.All.Count, ScenarioCatalog.All.Select(s => s.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        foreach (IScenario scenario in ScenarioCatalog.All)
            Assert.True(readings.ContainsKey(scenario.Name), $"results/READING.md says nothing under ## {scenario.Name}");
    }

    [Fact]
    public void Every_scenario_of_the_assembly_is_in_the_catalog()
    {
        Type[] all = [.. typeof(IScenario).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IScenario)))];

        Assert.Equal(all.OrderBy(t => t.Name, StringComparer.Ordinal), ScenarioCatalog.All.Select(s => s.GetType()).OrderBy(t => t.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void The_filter_chooses_scenarios_by_name_and_the_readers_own_files_leave_those_that_use_them()
    {
        Assert.Equal(ScenarioCatalog.All, ScenarioCatalog.Select(new BenchOptions()));
        Assert.Equal(["WorkingSet"], ScenarioCatalog.Select(new BenchOptions { Filter = new NameFilter("working*") }).Select(s => s.Name));
        Assert.Empty(ScenarioCatalog.Select(new BenchOptions { Filter = new NameFilter("ParseBench*") }));
        Assert.Empty(ScenarioCatalog.Select(new BenchOptions { RulesFile = "x" }));
        Assert.Equal(["WorkingSet", "ConnectionShare", "RuleUpdate", "Zones"], ScenarioCatalog.Select(new BenchOptions { ServiceFiles = ["x"] }).Select(s => s.Name));
    }

    [Fact]
    public void A_scenario_that_fails_is_told_and_the_others_run()
    {
        StringWriter output = new();

        ScenarioRun run = ScenarioRun.Of([new Sample("Bad", _ => throw new InvalidOperationException("no\nway")), new Sample("Good", Record)], new ScenarioContext(), output);

        Assert.Equal(["failed: Bad: no way"], run.Failures);
        Assert.Equal("Good", Assert.Single(run.Records).Name);
        Assert.StartsWith($"2 scenarios, about 8 s{Environment.NewLine}", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("scenario 1/2 Bad", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("FAILED", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 4, 4)] // As long as said.
    [InlineData(1, 8, 8)] // Twice as long: so will the other be.
    [InlineData(1, 400, 16)] // At most four times.
    [InlineData(2, 5, 0)]
    public void The_time_left_follows_what_was_taken(int done, double elapsed, double expected)
    {
        IScenario[] two = [new Sample("A", Record), new Sample("B", Record)];
        Assert.Equal(expected, ScenarioRun.SecondsLeft(two, done, full: false, elapsed), 9);
    }

    [Fact]
    public void A_budget_lets_the_first_step_begin_and_none_that_would_not_fit()
    {
        double now = 0;
        TimeBudget budget = new(8, () => now);
        List<double> begun = [];
        foreach (double seconds in (double[])[1, 2, 3, 4])
        {
            if (!budget.TryBegin())
                break;
            begun.Add(seconds);
            now += seconds;
        }

        Assert.Equal([1, 2, 3], begun);
        now = 0;
        Assert.True(new TimeBudget(0, () => now).TryBegin());
    }

    [Fact]
    public void The_list_names_scenarios_too()
    {
        StringWriter output = new();

        int code = BenchCommand.Run(["--list", "--filter", "WorkingSet"], output, TextWriter.Null);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal("WorkingSet", output.ToString().Trim());
    }

    private static ScenarioRecord Record(ScenarioContext context) =>
        new("Good", "Good", "", [context.Input == UserInput.None ? "none" : "some"], [], []);

    private sealed class Sample(string name, Func<ScenarioContext, ScenarioRecord> run) : IScenario
    {
        public string Name => name;

        public ScenarioLength Length => new(Quick: 4, Full: 40);

        public ScenarioRecord Run(ScenarioContext context) => run(context);
    }
}
