namespace DatapathKernels.Filtering;

/// <summary>
/// A ruleset compiled once for any number of matchers: each has its own counters and other state and shares the rules.
/// </summary>
/// <remarks>Dispose it after its matchers; a walk of a matcher whose ruleset is gone is an <see cref="ObjectDisposedException"/>.</remarks>
public sealed class CompiledRuleset : IDisposable
{
    /// <summary>Compiles a ruleset. Later changes of the ruleset do not reach it. O(rules).</summary>
    /// <exception cref="RulesetException">Chains call one another in a circle, or too deep, or a jump leads nowhere; a target or match in a table or behind a hook where the kernel refuses it.</exception>
    public CompiledRuleset(Ruleset ruleset, MatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        Options = options ?? new MatcherOptions();
        Program = RuleCompiler.Compile(ruleset, Options);
    }

    /// <summary>What it was compiled for.</summary>
    public MatcherOptions Options { get; }

    /// <summary>Bytes of native memory the compiled rules take.</summary>
    public long Bytes => Program.Bytes;

    internal RuleProgram Program { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Program.Dispose();
}
