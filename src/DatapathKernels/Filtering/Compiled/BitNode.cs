using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>A step of a <see cref="BitTree{THead}"/>: bits of one word of the packet choose a child, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct BitNode
{
    public ulong Mask;

    /// <summary>Where its children begin; there is one for every value the bits can have.</summary>
    public int Children;

    /// <summary>Which word of the <see cref="PacketView"/>.</summary>
    public int Word;
}
