using DatapathKernels.Bench.Running;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class NameFilterTests
{
    private static readonly CaseName Case = new("ServiceLookupBench", "Dictionary", new Dictionary<string, object> { ["Services"] = 1000, ["Skew"] = 0.5 });

    [Fact]
    public void A_name_says_suite_benchmark_and_parameters() =>
        Assert.Equal("ServiceLookupBench.Dictionary Services=1000 Skew=0.5", Case.Full);

    [Theory]
    [InlineData("ServiceLookupBench", true)]
    [InlineData("servicelookupbench.dictionary", true)]
    [InlineData("*", true)]
    [InlineData("*Lookup*", true)]
    [InlineData("*.Dictionary", true)]
    [InlineData("*Services=1000 *", true)]
    [InlineData("*Services=1000", false)]
    [InlineData("ServiceLookupBench.Dict?onary", true)]
    [InlineData("*.Dict", false)]
    [InlineData("Dictionary", false)]
    [InlineData("", false)]
    [InlineData("Service[A-Z]*", false)]
    [InlineData("(", false)]
    public void A_glob_matches_whole_names(string glob, bool expected) => Assert.Equal(expected, new NameFilter(glob).Matches(Case));
}
