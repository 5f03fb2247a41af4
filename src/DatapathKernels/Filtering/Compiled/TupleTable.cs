using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>The rules of a chain that compare the same bits, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct TupleTable
{
    public RuleMask Mask;
    public IndexSlot* Slots;
    public uint SlotMask;

    /// <summary>Its first and its last rule, counted from the start of the chain.</summary>
    public int First, Last;
}
