using DatapathKernels.Filtering;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Every matcher there is: what holds for one holds for all.</summary>
public static class Matchers
{
    public static readonly IReadOnlyDictionary<string, Func<Ruleset, MatcherOptions?, ChainMatcher>> All =
        new Dictionary<string, Func<Ruleset, MatcherOptions?, ChainMatcher>>
        {
            ["linear"] = (rules, options) => new LinearMatcher(rules, options),
            ["vector"] = (rules, options) => new VectorMatcher(rules, options),
            ["indexed"] = (rules, options) => new IndexedMatcher(rules, options),
        };

    public static TheoryDataOf Kinds => new(All.Keys);

    /// <summary>The names, as xunit takes them.</summary>
    public sealed class TheoryDataOf : Xunit.TheoryData<string>
    {
        public TheoryDataOf(IEnumerable<string> names)
        {
            foreach (string name in names)
                Add(name);
        }
    }
}
