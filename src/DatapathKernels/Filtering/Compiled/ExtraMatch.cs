using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>One test behind the head, 16 bytes: four to a cache line. What A, B and C mean is told by the kind.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal readonly struct ExtraMatch(ExtraKind kind, bool negated, int a = 0, uint b = 0, uint c = 0)
{
    public readonly ExtraKind Kind = kind;
    public readonly bool Negated = negated;
    public readonly ushort A = (ushort)a;
    public readonly uint B = b;
    public readonly uint C = c;
}
