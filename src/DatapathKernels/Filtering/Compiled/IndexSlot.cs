using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>The rules that expect the same of the bits their table compares, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct IndexSlot
{
    public ulong Hash;

    /// <summary>The rule when <see cref="Count"/> is 1, otherwise where the list of rules begins.</summary>
    public int First;

    /// <summary>Number of rules; 0 for a free slot.</summary>
    public int Count;
}
