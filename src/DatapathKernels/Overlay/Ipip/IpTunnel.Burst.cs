using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Frames of an arena, put into the tunnel where they lie.</summary>
public sealed unsafe partial class IpTunnel
{
    /// <summary>Puts a frame's packet into the tunnel, where it lies; the frame's own link header gives way.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>The frame is what it was but for Ok.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public IpEncapStatus Write(PacketArena arena, int index, in PacketInfo info, ushort id = 0)
    {
        ArgumentNullException.ThrowIfNull(arena);
        IpEncapStatus status = TunnelRoom.TryMake(arena, index, info, _headers.Length, LargestInner);
        return status == IpEncapStatus.Ok ? TryWrite(arena.Frame(index), id) : status;
    }

    /// <summary>The same for a burst: equal to the loop of single calls, identifications counting up.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <param name="firstId">IPv4 identification of the first frame.</param>
    /// <returns>A bit for each frame that is in the tunnel.</returns>
    /// <exception cref="ArgumentException">Fewer infos or statuses than frames.</exception>
    public ulong WriteBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<IpEncapStatus> statuses, ushort firstId = 0)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info and one status a frame");
        if (burst.Count == 0)
            return 0;
        FrameSlot* slots = burst.Arena.Slots(burst.First, burst.Count);
        burst.Arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        statuses[..burst.Count].Clear();
        ulong done = burst.All;
        int next = 0;
        while (true)
        {
            next = WritePlain(memory, slots, stride, infos[..burst.Count], firstId, next);
            if (next == burst.Count)
                return done;
            IpEncapStatus status = Write(burst.Arena, burst.First + next, infos[next], (ushort)(firstId + next));
            statuses[next] = status;
            done &= status == IpEncapStatus.Ok ? ulong.MaxValue : ~(1UL << next);
            next++;
        }
    }

    /// <summary>A run of IPv4 packets into IPv4, in a loop with nothing else in it. Whatever it refuses, sound or not, is left to single calls.</summary>
    /// <returns>The first frame that is another.</returns>
    private int WritePlain(byte* memory, FrameSlot* slots, nuint stride, ReadOnlySpan<PacketInfo> infos, ushort firstId, int from)
    {
        const uint headerBytes = EthernetBytes + Ipv4Header.MinSize;
        if (_options.IsV6)
            return from;
        uint mostBytes = (uint)Math.Max(LargestInner, Ipv4Header.MinSize - 1);
        memory += (nuint)(uint)from * stride;
        for (; from < infos.Length; from++, memory += stride)
        {
            ref readonly PacketInfo info = ref infos[from];
            FrameSlot slot = slots[from];
            uint bytes = info.L3Length, start = slot.Start + (uint)info.L3Offset - headerBytes;
            if ((info.Flags & PacketFlags.Ipv4) == 0 || bytes - Ipv4Header.MinSize > mostBytes - Ipv4Header.MinSize || bytes + info.L3Offset > slot.Length || start > ushort.MaxValue)
                break;

            // SAFE: the fixed header is there, and room for the outer ones before it.
            byte* outer = memory + start, packet = outer + headerBytes;
            if (*packet >> 4 != 4)
                break;
            OuterHeader.CopyCompact(_headers, ref *outer);
            _v4.Write(ref *(outer + EthernetBytes), bytes + Ipv4Header.MinSize, InnerFields.OfPacket(ref *packet, 4), (ushort)(firstId + from), (uint)IpProtocol.Ipv4);
            slots[from] = new FrameSlot { Start = (ushort)start, Length = bytes + headerBytes, Link = LinkType.Ethernet };
        }

        return from;
    }
}
