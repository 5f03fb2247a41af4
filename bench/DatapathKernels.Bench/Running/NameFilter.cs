using System.Text.RegularExpressions;

namespace DatapathKernels.Bench.Running;

/// <summary>
/// <c>--filter</c>: a glob (<c>*</c> any run of characters, <c>?</c> one) over <c>Suite.Benchmark</c> and over
/// <c>Suite.Benchmark Name=value ...</c>; either may match. Case does not count. A bare suite name selects the suite.
/// </summary>
internal sealed class NameFilter
{
    private readonly Regex _pattern;

    public NameFilter(string glob)
    {
        Glob = glob;
        _pattern = new Regex(
            "^" + Regex.Escape(glob).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    /// <summary>The pattern as given.</summary>
    public string Glob { get; }

    /// <summary>True when the case is asked for.</summary>
    public bool Matches(CaseName name) =>
        _pattern.IsMatch(name.Suite) || _pattern.IsMatch(name.SuiteAndBenchmark) || _pattern.IsMatch(name.Full);

    /// <summary>True when the scenario is asked for.</summary>
    public bool Matches(string scenario) => _pattern.IsMatch(scenario);
}
