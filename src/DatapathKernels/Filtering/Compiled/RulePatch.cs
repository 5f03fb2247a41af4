namespace DatapathKernels.Filtering;

/// <summary>The rules of one update.</summary>
internal sealed class RulePatch(ChainMatcher matcher, int firstNumber, int count, PackedUpdate update)
{
    /// <summary>Evaluates their tests and targets that are not packed.</summary>
    public ChainMatcher Matcher { get; } = matcher;

    /// <summary>The number of the first.</summary>
    public int FirstNumber { get; } = firstNumber;

    /// <summary>Numbers taken.</summary>
    public int Count { get; } = count;

    /// <summary>Their blocks.</summary>
    public PackedUpdate Update { get; } = update;

    /// <summary>Blocks in use, and first blocks whose headers are.</summary>
    public int Uses { get; set; }
}
