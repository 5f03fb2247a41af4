using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Room in an arena for headers before an IP packet, whose link header gives way, and back again.</summary>
internal static unsafe class TunnelRoom
{
    private const int EthernetBytes = 14;

    /// <summary>Grows a frame's front so that <paramref name="headerBytes"/> stand before its IP packet, and cuts off what follows the packet.</summary>
    public static IpEncapStatus TryMake(PacketArena arena, int index, in PacketInfo info, int headerBytes, int mostPacketBytes)
    {
        FrameSlot* slot = arena.Slot(index);
        if ((info.Flags & (PacketFlags.Ipv4 | PacketFlags.Ipv6)) == 0 || (ulong)info.L3Offset + info.L3Length > slot->Length)
            return IpEncapStatus.NotIp;
        if (info.L3Length > (uint)mostPacketBytes)
            return IpEncapStatus.TooLong;
        int start = slot->Start + info.L3Offset - headerBytes;
        if (start is < 0 or > ushort.MaxValue)
            return IpEncapStatus.NoHeadroom;

        // SAFE: the packet ends where it did, within the frame.
        (slot->Start, slot->Length, slot->Link) = ((ushort)start, (uint)headerBytes + info.L3Length, LinkType.Ethernet);
        return IpEncapStatus.Ok;
    }

    /// <summary>Makes an IP packet inside a frame a frame of its own, with the outer Ethernet addresses. A frame that had none begins with the packet.</summary>
    public static DecapStatus Expose(PacketArena arena, int index, Range inner)
    {
        Span<byte> frame = arena.Frame(index);
        (int start, int length) = inner.GetOffsetAndLength(frame.Length);
        bool isEthernet = arena.Link(index) == LinkType.Ethernet;
        int front = isEthernet ? start - EthernetBytes : start;
        MacAddress to = default, from = default;
        if (isEthernet)
            (to, from) = (new MacAddress(frame), new MacAddress(frame[MacAddress.Size..]));
        ushort type = frame[start] >> 4 == 4 ? Ipv4Header.EtherType : Ipv6Header.EtherType;
        if (!arena.TryPull(index, front))
            return DecapStatus.NoRoom;
        arena.TryResize(index, start - front + length);
        if (isEthernet)
            EthernetWriter.Write(arena.Frame(index), to, from, type);
        else
            arena.SetLink(index, LinkType.Raw);
        return DecapStatus.Ok;
    }

    /// <summary>Leaves an inner Ethernet frame alone in its slot.</summary>
    public static DecapStatus ExposeFrame(PacketArena arena, int index, Range inner)
    {
        (int start, int length) = inner.GetOffsetAndLength(arena.Frame(index).Length);
        if (!arena.TryPull(index, start))
            return DecapStatus.NoRoom;
        arena.TryResize(index, length);
        arena.SetLink(index, LinkType.Ethernet);
        return DecapStatus.Ok;
    }
}
