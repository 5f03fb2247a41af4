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
        uint headerBytes = (uint)_headers.Length;
        for (int i = 0; i < flowHashes.Length; i++)
        {
            // SAFE: the frame exists, as Slots proved; the headers fit in what is before Start.
            FrameSlot* slot = slots + i;
            if (_options.StripsVlan && slot->Start >= headerBytes)
                Strip(arena, first + i);
            uint bytes = slot->Length + headerBytes;
            if (slot->Start < headerBytes || slot->Length < EthernetBytes || bytes - EthernetBytes > ushort.MaxValue)
                return i;
            byte* outer = memory + (nuint)(uint)i * stride + slot->Start - headerBytes;
            WriteHeaders(ref *outer, (int)bytes, flowHashes[i], (ushort)(firstId + i), in inner.IsEmpty ? ref s_unknown : ref inner[i]);
            slot->Start -= (ushort)headerBytes;
            slot->Length = bytes;
        }

        return flowHashes.Length;
    }

    private static void Strip(PacketArena arena, int index)
    {
        if (VlanStripper.TryStrip(arena.Frame(index), out _))
            arena.TryPull(index, VlanTag.Size);
    }
}
