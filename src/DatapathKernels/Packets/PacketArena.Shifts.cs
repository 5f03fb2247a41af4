using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>The fronts of many frames moved by the same number of bytes, as after a tunnel.</summary>
public sealed unsafe partial class PacketArena
{
    /// <summary><see cref="TryPush"/> for frames that follow one another, until one has not the headroom.</summary>
    /// <returns>How many were pushed, from the first on.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The arena holds fewer frames.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public int PushBurst(int first, int count, int bytes)
    {
        FrameSlot* slot = Slots(first, count);
        int done = 0;
        for (; done < count && (uint)bytes <= slot->Start; done++, slot++)
            FrameSlot.MoveFront(slot, -bytes);
        return done;
    }

    /// <summary><see cref="TryPull"/> for frames that follow one another, until one cannot be pulled.</summary>
    /// <returns>How many were pulled, from the first on.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The arena holds fewer frames.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public int PullBurst(int first, int count, int bytes)
    {
        FrameSlot* slot = Slots(first, count);
        int done = 0;
        for (; done < count && (uint)bytes <= slot->Length && slot->Start + bytes <= ushort.MaxValue; done++, slot++)
            FrameSlot.MoveFront(slot, bytes);
        return done;
    }

    /// <summary>The records of frames that exist.</summary>
    internal FrameSlot* Slots(int first, int count)
    {
        if (first < 0 || count < 0 || count > Count - first)
            Throw.OutOfRange(nameof(first), first, $"the arena holds {Count} frames");
        // SAFE: Count <= Capacity, the number of records.
        return (FrameSlot*)_slots.Pointer + first;
    }
}
