using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>The words behind an option, taken one by one.</summary>
internal ref struct OptionArguments
{
    private readonly LineTokens _tokens;
    private readonly ReadOnlySpan<char> _inline;
    private bool _hasInline;

    public OptionArguments(LineTokens tokens, int next, bool negated, ReadOnlySpan<char> inline, bool hasInline, IpFamily? family)
    {
        _tokens = tokens;
        _inline = inline;
        _hasInline = hasInline;
        Next = next;
        Negated = negated;
        Family = family;
        if (next < tokens.Count && tokens[next] is "!" && !hasInline && !negated && NextIsValue(next + 1))
        {
            Negated = true;
            Next++;
        }
    }

    /// <summary>The first word that was not taken.</summary>
    public int Next { get; private set; }

    /// <summary>True when <c>!</c> stood before the option, or behind it in the old way.</summary>
    public bool Negated { get; }

    public IpFamily? Family { get; set; }

    public ReadOnlySpan<char> Take(string expected)
    {
        if (_hasInline)
        {
            _hasInline = false;
            return _inline;
        }

        if (Next >= _tokens.Count)
            throw new SyntaxException(_tokens.ColumnOf(Next), $"expected {expected}, found the end of the line");
        return _tokens[Next++];
    }

    /// <summary>True when the next word is one more value and no option.</summary>
    public readonly bool HasValue => _hasInline || NextIsValue(Next);

    /// <summary>The column of the word taken last.</summary>
    public readonly int Column => _tokens.ColumnOf(Next - 1);

    public readonly SyntaxException Expected(string expected, ReadOnlySpan<char> found) =>
        new(_tokens.ColumnOf(Next - 1), $"expected {expected}, found '{(found.Length <= 40 ? found : found[..40])}'");

    /// <summary>Passes over the values of an option nobody knows: up to the next option.</summary>
    public void SkipValues()
    {
        while (NextIsValue(Next))
            Next++;
    }

    // A negative number or a quoted word is a value, however it starts.
    private readonly bool NextIsValue(int index)
    {
        if (index >= _tokens.Count)
            return false;
        ReadOnlySpan<char> word = _tokens[index];
        if (_tokens.At(index).Quoted)
            return true;
        return word is not "!" && !(word is ['-', var second, ..] && !char.IsAsciiDigit(second));
    }
}
