namespace DatapathKernels.Filtering;

/// <summary><c>[!] -i</c> and <c>[!] -o</c>.</summary>
/// <param name="Incoming">True for <c>-i</c>, false for <c>-o</c>.</param>
/// <param name="Pattern">A name, or a prefix followed by <c>+</c>.</param>
/// <param name="Negated">True to match every other interface.</param>
public sealed record InterfaceMatch(bool Incoming, string Pattern, bool Negated = false) : RuleMatch
{
    /// <summary>True when the name fits the pattern (negation aside). A packet without that interface has the empty name.</summary>
    public bool Fits(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Pattern.EndsWith('+')
            ? name.AsSpan().StartsWith(Pattern.AsSpan(0, Pattern.Length - 1), StringComparison.Ordinal)
            : string.Equals(name, Pattern, StringComparison.Ordinal);
    }
}
