using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>What stands behind the head of a rule that is found by index, 32 bytes: with an IPv4 head one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct IndexedRule
{
    /// <summary>Extras, action and argument as in <see cref="PackedOp"/>.</summary>
    public ulong Word;

    public RuleTail Tail;
}
