namespace DatapathKernels.Filtering;

/// <summary>One test of a <see cref="U32Expression"/>: <c>start&amp;mask&gt;&gt;shift@start=low:high,...</c>.</summary>
public sealed class U32Test
{
    private readonly U32Step[] _steps;
    private readonly U32Range[] _ranges;

    internal U32Test(uint start, U32Step[] steps, U32Range[] ranges)
    {
        Start = start;
        _steps = steps;
        _ranges = ranges;
    }

    /// <summary>Offset of the four bytes read first, from the IP header on.</summary>
    public uint Start { get; }

    /// <summary>What is done to their value, in order.</summary>
    public ReadOnlySpan<U32Step> Steps => _steps;

    /// <summary>The values that fit.</summary>
    public ReadOnlySpan<U32Range> Ranges => _ranges;
}
