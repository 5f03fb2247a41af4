using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Frames of an arena, encapsulated where they lie.</summary>
public sealed unsafe partial class UdpTunnel
{
    private static readonly PacketInfo s_unknown;

    /// <summary>Encapsulates frames of an arena in place, in their headroom: equal to pushing each frame's front and <see cref="TryWrite"/>.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="flowHashes">A hash each.</param>
    /// <param name="firstId">IPv4 identification of the first; the others count up.</param>
    /// <param name="inner">With a checksum: what the frames' parses found, one each, where their transport checksums are known to be right; else empty.</param>
    /// <returns>How many were, from the first on: fewer when one has no headroom or is too long.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The arena holds fewer frames.</exception>
    /// <exception cref="ArgumentException">Fewer parses than hashes, and some.</exception>
    public int WriteBurst(PacketArena arena, int first, ReadOnlySpan<uint> flowHashes, ushort firstId = 0, ReadOnlySpan<PacketInfo> inner = default)
    {
        ArgumentNullException.ThrowIfNull(arena);
        FrameSlot* slots = arena.Slots(first, flowHashes.Length);
        if (!inner.IsEmpty && inner.Length < flowHashes.Length)
            Throw.Argument(nameof(inner), "expected a parse a frame, or none");
        arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)first * stride;
        int done = 0;
        if (FrameLanes.IsSupported && _plainLengths != 0 && !(_writesChecksum && inner.IsEmpty))
            done = _writesChecksum ? WriteGroups<WithChecksum>(arena, first, flowHashes, firstId, inner) : WriteGroups<WithoutChecksum>(arena, first, flowHashes, firstId, inner);
        while (true)
        {
            if (!_writesChecksum)
                done = WritePlain<WithoutChecksum>(memory, slots, stride, flowHashes, firstId, inner, done);
            else if (!inner.IsEmpty)
                done = WritePlain<WithChecksum>(memory, slots, stride, flowHashes, firstId, inner, done);
            if (done == flowHashes.Length || !TryWriteAny(arena, first + done, flowHashes[done], (ushort)(firstId + done), inner.IsEmpty ? s_unknown : inner[done]))
                return done;
            done++;
        }
    }

    /// <summary>The same for frames without headroom: each is copied, once, to the end of another arena, and encapsulated there. Equal to the loop of <see cref="Copy"/>.</summary>
    /// <param name="from">The frames.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="to">Receives the outer frames; its headroom is for their headers.</param>
    /// <param name="flowHashes">A hash each.</param>
    /// <param name="firstId">IPv4 identification of the first; the others count up.</param>
    /// <param name="inner">What the frames' parses found, as for <see cref="WriteBurst"/>.</param>
    /// <returns>How many were, from the first on: fewer when the other arena is full, or one does not fit or is too long.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The arena holds fewer frames.</exception>
    /// <exception cref="ArgumentException">Fewer parses than hashes, and some.</exception>
    public int CopyBurst(PacketArena from, int first, PacketArena to, ReadOnlySpan<uint> flowHashes, ushort firstId = 0, ReadOnlySpan<PacketInfo> inner = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        from.Slots(first, flowHashes.Length);
        int before = to.Count, copied = 0;
        while (copied < flowHashes.Length && to.TryAdd(from.Frame(first + copied), from.Link(first + copied)))
            copied++;
        int done = WriteBurst(to, before, flowHashes[..copied], firstId, inner);
        to.Truncate(before + done);
        Copies += done;
        return done;
    }

    /// <summary>A run of plain frames, in a loop with nothing else in it.</summary>
    /// <returns>The first frame that is another.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int WritePlain<TChecksum>(byte* memory, FrameSlot* slots, nuint stride, ReadOnlySpan<uint> flowHashes, ushort firstId, ReadOnlySpan<PacketInfo> inner, int from)
        where TChecksum : struct, IChecksum
    {
        uint headerBytes = (uint)_headers.Length;
        memory += (nuint)(uint)from * stride;
        for (; from < flowHashes.Length; from++, memory += stride)
        {
            // SAFE: the frame exists, as Slots proved; the headers fit in what is before Start.
            FrameSlot slot = slots[from];
            byte* frame = memory + slot.Start;
            ref readonly PacketInfo info = ref TChecksum.IsWritten ? ref inner[from] : ref s_unknown;
            if (slot.Start < headerBytes || !TryWritePlain<TChecksum>(ref *(frame - headerBytes), ref *frame, slot.Length, flowHashes[from], (ushort)(firstId + from), info))
                break;
            FrameSlot.MoveFront(slots + from, -(int)headerBytes);
        }

        return from;
    }

    private bool TryWriteAny(PacketArena arena, int index, uint flowHash, ushort id, in PacketInfo inner)
    {
        FrameSlot* slot = arena.Slot(index);
        uint headerBytes = (uint)_headers.Length;
        bool strips = _options.StripsVlan && VlanStripper.IsTagged(arena.Frame(index));
        uint bytes = slot->Length + headerBytes - (strips ? (uint)VlanTag.Size : 0);
        if (slot->Start < headerBytes || slot->Length < EthernetBytes || bytes - EthernetBytes > _pathMtu)
            return false;
        if (strips)
        {
            VlanStripper.TryStrip(arena.Frame(index), out _);
            slot->Start += VlanTag.Size;
        }

        // SAFE: the headers fit in what is before Start, and the frame behind them is an Ethernet header or longer.
        WriteAnyHeaders(ref *(arena.SlotStart(index) + slot->Start - headerBytes), (int)bytes, flowHash, id, strips ? Behind(inner, VlanTag.Size) : inner);
        (slot->Start, slot->Length) = ((ushort)(slot->Start - headerBytes), bytes);
        return true;
    }

    /// <summary>What a parse found, of a frame that lost bytes before its packet since.</summary>
    private static PacketInfo Behind(in PacketInfo info, int bytes) => info.L3Offset < EthernetBytes + bytes || info.L4Offset < info.L3Offset
        ? default
        : new(info.Status, info.Flags, info.Protocol, (ushort)(info.L3Offset - bytes), (ushort)(info.L4Offset - bytes), info.L3Length, info.FragmentOffset);
}
