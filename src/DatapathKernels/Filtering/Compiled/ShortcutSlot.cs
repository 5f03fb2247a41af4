using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>What a <see cref="ShortcutTable"/> says of a dispatch rule, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct ShortcutSlot
{
    /// <summary>The line its record begins at; 0 when the rule's packets walk.</summary>
    public uint Record;

    /// <summary>The rule, counted from the start of the chain; -1 where no shortcut can be: several rules have the key, or others come before.</summary>
    public int Rule;
}
