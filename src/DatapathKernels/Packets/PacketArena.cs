using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Memory;

namespace DatapathKernels.Packets;

/// <summary>
/// Frames in fixed slots of native memory, each with free space before it, so that an encapsulation is a header written
/// and not a frame moved:
/// <code>
///  slot:  | headroom | frame ................ | tailroom |
///         0          start       start + length          SlotBytes
/// </code>
/// </summary>
/// <remarks>
/// <para>
/// Every slot starts on a cache line and the distance between two is an odd number of lines. With the usual 2,048 bytes
/// the first lines of all frames would compete for two of the 64 sets of a first-level cache (24 lines); an odd distance
/// spreads a burst over every set.
/// </para>
/// <para>
/// All memory is taken by the constructor and given back by <see cref="Dispose"/>; spans taken earlier must not be used
/// after that. Not safe for use by several threads at once.
/// </para>
/// </remarks>
public sealed unsafe partial class PacketArena : IDisposable
{
    /// <summary>Bytes of a slot unless asked otherwise: a full Ethernet frame, the headroom and some tailroom.</summary>
    public const int DefaultSlotBytes = 2048;

    /// <summary>Headroom unless asked otherwise: two lines, enough for Ethernet, IPv6, UDP and VXLAN (70 bytes) with a VLAN tag.</summary>
    public const int DefaultHeadroomBytes = 128;

    /// <summary>The largest headroom, bytes; a frame's start is 16 bits wide.</summary>
    public const int MaxHeadroomBytes = ushort.MaxValue / NativeBuffer.CacheLine * NativeBuffer.CacheLine;

    private readonly NativeBuffer _memory;
    private readonly NativeBuffer _slots;
    private readonly uint _stride;

    /// <summary>Takes the memory for <paramref name="capacity"/> frames.</summary>
    /// <param name="capacity">Number of slots, 1 or more.</param>
    /// <param name="slotBytes">Bytes of a slot, headroom included; rounded up to whole cache lines.</param>
    /// <param name="headroomBytes">Free bytes before each new frame; rounded up to whole cache lines.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// No slots, a headroom above <see cref="MaxHeadroomBytes"/>, or no room left for a frame.
    /// </exception>
    public PacketArena(int capacity, int slotBytes = DefaultSlotBytes, int headroomBytes = DefaultHeadroomBytes)
    {
        if (capacity < 1)
            Throw.OutOfRange(nameof(capacity), capacity, "an arena has at least one slot");
        if (headroomBytes is < 0 or > MaxHeadroomBytes)
            Throw.OutOfRange(nameof(headroomBytes), headroomBytes, $"the headroom is 0 to {MaxHeadroomBytes} bytes");
        if (slotBytes > int.MaxValue - 2 * NativeBuffer.CacheLine || slotBytes <= Lines(headroomBytes) * NativeBuffer.CacheLine)
            Throw.OutOfRange(nameof(slotBytes), slotBytes, "a slot holds its headroom and at least one byte of frame");

        Capacity = capacity;
        HeadroomBytes = Lines(headroomBytes) * NativeBuffer.CacheLine;
        SlotBytes = Lines(slotBytes) * NativeBuffer.CacheLine;
        _stride = (uint)(Lines(slotBytes) | 1) * NativeBuffer.CacheLine;
        _memory = new NativeBuffer((nuint)capacity * _stride + FlowParser.BlindReadBytes);
        _slots = new NativeBuffer((nuint)capacity * (nuint)sizeof(FrameSlot));
    }

    /// <summary>Number of slots.</summary>
    public int Capacity { get; }

    /// <summary>Number of frames held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of a slot, headroom included.</summary>
    public int SlotBytes { get; }

    /// <summary>Free bytes before a frame when it is added.</summary>
    public int HeadroomBytes { get; }

    /// <summary>The largest frame that can be added, bytes.</summary>
    public int MaxFrameBytes => SlotBytes - HeadroomBytes;

    /// <summary>Native memory held, bytes.</summary>
    public long MemoryBytes => (long)(_memory.Length + _slots.Length);

    /// <summary>Copies a frame into the next free slot.</summary>
    /// <returns>False, and nothing changed, when every slot is taken or the frame exceeds <see cref="MaxFrameBytes"/>.</returns>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public bool TryAdd(ReadOnlySpan<byte> frame, LinkType link = LinkType.Ethernet)
    {
        if (Count == Capacity || frame.Length > MaxFrameBytes)
            return false;
        Store(Count, frame, link);
        Count++;
        return true;
    }

    /// <summary>Puts another frame into a slot that holds one, with the headroom of a new frame.</summary>
    /// <returns>False, and nothing changed, when the frame exceeds <see cref="MaxFrameBytes"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public bool TryReplace(int index, ReadOnlySpan<byte> frame, LinkType link = LinkType.Ethernet)
    {
        Slot(index);
        if (frame.Length > MaxFrameBytes)
            return false;
        Store(index, frame, link);
        return true;
    }

    /// <summary>Forgets every frame. The memory stays, and so do the bytes in it.</summary>
    public void Clear() => Count = 0;

    /// <summary>Forgets the frames behind the first so many.</summary>
    internal void Truncate(int count) => Count = count;

    /// <summary>Gives the memory back. Every later use of a frame is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _slots.Dispose();
    }

    private static int Lines(int bytes) => (int)(((uint)bytes + NativeBuffer.CacheLine - 1) / NativeBuffer.CacheLine);

    private void Store(int index, ReadOnlySpan<byte> frame, LinkType link)
    {
        // SAFE: index < Capacity and frame.Length <= MaxFrameBytes, both proven by the callers.
        FrameSlot* slot = (FrameSlot*)_slots.Pointer + index;
        frame.CopyTo(new Span<byte>(_memory.Pointer + (nuint)index * _stride + (uint)HeadroomBytes, MaxFrameBytes));
        slot->Start = (ushort)HeadroomBytes;
        slot->Length = (uint)frame.Length;
        slot->Link = link;
    }
}
