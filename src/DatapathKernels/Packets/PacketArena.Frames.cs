using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>One frame: its bytes, its room, and how it grows and shrinks.</summary>
public sealed unsafe partial class PacketArena
{
    /// <summary>The bytes of a frame, writable. Valid until the frame is moved, replaced or the arena disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Frame(int index)
    {
        FrameSlot* slot = Slot(index);
        // SAFE: Start + Length <= SlotBytes is kept by everything that writes a slot.
        return new Span<byte>(SlotStart(index) + slot->Start, (int)slot->Length);
    }

    /// <summary>What a frame starts with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public LinkType Link(int index) => Slot(index)->Link;

    /// <summary>Free bytes before a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public int Headroom(int index) => Slot(index)->Start;

    /// <summary>Free bytes after a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public int Tailroom(int index)
    {
        FrameSlot* slot = Slot(index);
        return SlotBytes - slot->Start - (int)slot->Length;
    }

    /// <summary>Grows a frame at its front into the headroom, as an encapsulation does. The new bytes are what they were: write them all.</summary>
    /// <returns>False, and nothing changed, when there is less headroom than <paramref name="bytes"/> or it is negative.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public bool TryPush(int index, int bytes)
    {
        FrameSlot* slot = Slot(index);
        if ((uint)bytes > slot->Start)
            return false;
        slot->Start -= (ushort)bytes;
        slot->Length += (uint)bytes;
        return true;
    }

    /// <summary>Shrinks a frame at its front, as a decapsulation does: the bytes become headroom.</summary>
    /// <returns>
    /// False, and nothing changed, when the frame has fewer bytes than <paramref name="bytes"/>, it is negative, or the
    /// headroom would exceed 65,535 bytes.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public bool TryPull(int index, int bytes)
    {
        FrameSlot* slot = Slot(index);
        if ((uint)bytes > slot->Length || slot->Start + bytes > ushort.MaxValue)
            return false;
        slot->Start += (ushort)bytes;
        slot->Length -= (uint)bytes;
        return true;
    }

    /// <summary>Sets the length of a frame by moving its end. Bytes gained are what they were.</summary>
    /// <returns>False, and nothing changed, when the slot ends before that or <paramref name="length"/> is negative.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public bool TryResize(int index, int length)
    {
        FrameSlot* slot = Slot(index);
        if ((uint)length > (uint)(SlotBytes - slot->Start))
            return false;
        slot->Length = (uint)length;
        return true;
    }

    /// <summary>Says what a frame starts with now, after its front was pushed or pulled.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public void SetLink(int index, LinkType link) => Slot(index)->Link = link;

    /// <summary>Up to <see cref="PacketBurst.MaxCount"/> frames from <paramref name="first"/> on; empty when it is <see cref="Count"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is negative or beyond the last frame.</exception>
    public PacketBurst Burst(int first) => Burst(first, Math.Min(Count - first, PacketBurst.MaxCount));

    /// <summary>The <paramref name="count"/> frames from <paramref name="first"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not all of them exist, or they are more than <see cref="PacketBurst.MaxCount"/>.</exception>
    public PacketBurst Burst(int first, int count)
    {
        if ((uint)first > (uint)Count)
            ThrowNoFrame(nameof(first), first);
        if ((uint)count > (uint)Math.Min(Count - first, PacketBurst.MaxCount))
            Throw.OutOfRange(nameof(count), count, "at most 64 frames, all of them in the arena");
        return new PacketBurst(this, first, count);
    }

    /// <summary>All frames, burst by burst, in order: <c>foreach (PacketBurst burst in arena.Bursts())</c>. Allocates nothing.</summary>
    public PacketBursts Bursts() => new(this);

    /// <summary>First byte of a slot. The index was proven.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* SlotStart(int index) => _memory.Pointer + (nuint)(uint)index * _stride;

    /// <summary>The record of a frame that exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal FrameSlot* Slot(int index)
    {
        if ((uint)index >= (uint)Count)
            ThrowNoFrame(nameof(index), index);
        // SAFE: Count <= Capacity, the number of records.
        return (FrameSlot*)_slots.Pointer + index;
    }

    /// <summary>Out of line, words and all, so that the loops that call <see cref="Slot"/> have none of it.</summary>
    [DoesNotReturn]
    private void ThrowNoFrame(string parameter, int index) => Throw.OutOfRange(parameter, index, $"the arena holds {Count} frames");

    /// <summary>Where frames, records and the next slot are, for loops that proved their range once.</summary>
    internal void Raw(out byte* memory, out FrameSlot* slots, out nuint stride)
    {
        memory = _memory.Pointer;
        slots = (FrameSlot*)_slots.Pointer;
        stride = _stride;
    }
}
