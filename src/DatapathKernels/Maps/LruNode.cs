using System.Runtime.InteropServices;

namespace DatapathKernels.Maps;

/// <summary>An entry's place in the lists, 16 bytes. Lists are circles through a head, which is a node of its own.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct LruNode
{
    /// <summary>Towards the head's older end: the node that was put in after this one.</summary>
    public int Previous;

    /// <summary>The node that was put in before this one.</summary>
    public int Next;

    /// <summary>The CPU whose local list it is on.</summary>
    public ushort Cpu;

    public LruListKind Kind;

    /// <summary>Looked up by the datapath since it was moved last.</summary>
    public bool Referenced;
}
