using System.Runtime.CompilerServices;
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

    /// <summary>Moves a frame's front, its end staying where it is: one word read and written.</summary>
    /// <param name="slot">The frame's record.</param>
    /// <param name="bytes">By how many bytes the frame gets shorter; negative into the headroom. It is there, or in the frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void MoveFront(FrameSlot* slot, int bytes)
    {
        if (BitConverter.IsLittleEndian)
            *(long*)slot += ((long)bytes << 32) - bytes;
        else
            (slot->Start, slot->Length) = ((ushort)(slot->Start + bytes), slot->Length - (uint)bytes);
    }
}
