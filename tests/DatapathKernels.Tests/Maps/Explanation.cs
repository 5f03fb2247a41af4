using System.Runtime.CompilerServices;

namespace DatapathKernels.Tests.Maps;

/// <summary>A message that is only put together when what it explains does not hold: a million checks build none.</summary>
[InterpolatedStringHandler]
internal ref struct Explanation
{
    private DefaultInterpolatedStringHandler _text;

    public Explanation(int literalLength, int formattedCount, bool holds, out bool needed)
    {
        needed = !holds;
        if (needed)
            _text = new(literalLength, formattedCount);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
