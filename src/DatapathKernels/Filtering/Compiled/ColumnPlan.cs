using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>Where the columns of one chain lie, and in which order its words are compared: the one that most rules fail first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ColumnPlan
{
    /// <summary>The 32-bit words of a <see cref="PacketView"/>.</summary>
    public const int MaxWords = 10;

    /// <summary>The number of the chain's first rule.</summary>
    public int FirstRule;

    /// <summary>The number of its end.</summary>
    public int End;

    /// <summary>Rules in a column, a multiple of <see cref="RuleColumns.Stride"/>.</summary>
    public int Length;

    /// <summary>Number of words that any rule of the chain tests, at least 1.</summary>
    public int WordCount;

    /// <summary>Words from the start of the buffer to the chain's first column.</summary>
    public nint Offset;

    /// <summary>The words' numbers, the most selective first; column pairs (masks, values) stand in this order.</summary>
    public fixed byte Words[MaxWords];
}
