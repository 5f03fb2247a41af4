using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>What is read of a rule only when its head matched, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct RuleTail
{
    /// <summary>Index of its first <see cref="ExtraMatch"/>.</summary>
    public int FirstExtra;

    /// <summary>Number of them.</summary>
    public ushort ExtraCount;

    public RuleAction Action;

    /// <summary>What <see cref="RuleAction.Alter"/> does.</summary>
    public Alteration Alteration;

    public uint Argument;

    public uint Argument2;
}
