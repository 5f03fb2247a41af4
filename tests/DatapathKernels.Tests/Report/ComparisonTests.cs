using DatapathKernels.Report;
using DatapathKernels.Report.Comparison;
using DatapathKernels.Report.Records;
using Xunit;

namespace DatapathKernels.Tests.Report;

public sealed class ComparisonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_runs_stand_side_by_side()
    {
        string a = Publish("a", "runtime: .NET 10\nprofile: quick\ndate: 1\n", Timed("Dictionary", 10, 4), Timed("Dictionary", 100, 4), Samples.Lookup("IptablesLinear", 10, 100), Samples.Lookup("Gone", 1, 1));
        string b = Publish("b", "runtime: .NET 11\nprofile: quick\ndate: 2\n", Timed("Dictionary", 10, 5), Timed("Dictionary", 100, 4.001), Samples.Lookup("IptablesLinear", 10, 50), Samples.Lookup("New", 1, 1));

        Assert.Equal(
            $"""
            A: {a}: 2026-01-02 03:04 UTC, commit 0123456789ab, quick, 4 cases
            B: {b}: 2026-01-02 03:04 UTC, commit 0123456789ab, quick, 4 cases
            different runtime: A .NET 10, B .NET 11

            ServiceLookupBench, median ns/packet
                                             A     B   B/A
              Dictionary Services=10      4.00  5.00  1.25  slower (p < 0.0001)
              Dictionary Services=100     4.00  4.00  1.00  no difference shown (p 0.8014)
              IptablesLinear Services=10   100  50.0  0.50  faster (spreads apart)

            only in A:
              ServiceLookupBench.Gone Services=1

            only in B:
              ServiceLookupBench.New Services=1

            3 cases in both: B is faster in 1, slower in 1; 1 show no difference, 0 are not comparable. Only in A: 1, only in B: 1.

            """,
            Written(a, b)[..(Written(a, b).IndexOf("p: Mann-Whitney", StringComparison.Ordinal))]);
    }

    [Fact]
    public void Different_machines_are_said_first()
    {
        string a = Publish("a", "", Timed("Dictionary", 10, 4)), b = Publish("b", "", Timed("Dictionary", 10, 4) with { Machine = "other" });

        Assert.Contains("warning: A was measured on test-cpu and B on other", Written(a, b).Split('\n')[2], StringComparison.Ordinal);
        Assert.DoesNotContain("warning", Written(a, a), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_units_are_not_compared()
    {
        string a = Publish("a", "", Timed("Dictionary", 10, 4)), b = Publish("b", "", Timed("Dictionary", 10, 8) with { Unit = "ns/lookup" });

        Assert.Contains("not comparable: B counts ns/lookup", Written(a, b), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_iterations_spreads_that_overlap_show_no_difference()
    {
        string a = Publish("a", "", Samples.Lookup("Dictionary", 10, 100)), b = Publish("b", "", Samples.Lookup("Dictionary", 10, 115));

        Assert.Contains("1.15  no difference shown (spreads overlap)", Written(a, b), StringComparison.Ordinal);
    }

    private static BenchmarkRecord Timed(string benchmark, int services, double median) =>
        Samples.Lookup(benchmark, services, median) with { Iterations = new([.. Enumerable.Range(-10, 21).Select(i => median + (i * 0.01))]) };

    private static string Written(string a, string b)
    {
        StringWriter output = new() { NewLine = "\n" };
        ComparisonWriter.Write(a, b, output);
        return output.ToString();
    }

    private string Publish(string name, string environment, params BenchmarkRecord[] records)
    {
        string folder = Path.Combine(_folder, name);
        RecordFile.Write(folder, records);
        ReportRenderer.Write(folder, records, [], environment, ReportNotes.None);
        return folder;
    }
}
