namespace DatapathKernels.Filtering;

/// <summary>How <see cref="StatisticMatch"/> chooses.</summary>
public enum StatisticMode : byte
{
    /// <summary>Each packet by a draw of its own.</summary>
    Random,

    /// <summary>One packet of every n, counted per rule.</summary>
    Nth,
}
