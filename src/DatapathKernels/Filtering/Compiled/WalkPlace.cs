using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>Where a walk goes on: a packed rule and its number.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WalkPlace
{
    public ulong* Op;
    public int Number;
}
