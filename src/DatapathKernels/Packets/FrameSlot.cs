using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// Where one frame lies in its slot, 8 bytes, eight to a cache line:
/// <code>
///  0          4        6       8
///  | length   | start  | link  |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct FrameSlot
{
    /// <summary>Bytes in the frame.</summary>
    public uint Length;

    /// <summary>Offset of the frame's first byte from the start of the slot: the headroom there is now.</summary>
    public ushort Start;

    /// <summary>What the frame starts with.</summary>
    public LinkType Link;
}
