using System.Numerics;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>A burst at a time.</summary>
public static unsafe partial class FlowParser
{
    /// <summary>
    /// Parses every frame of a burst. Equal to a loop of
    /// <see cref="Parse(ReadOnlySpan{byte}, LinkType, ushort, out FlowKeyV4, out FlowKeyV6, out PacketInfo)"/>, and faster.
    /// </summary>
    /// <param name="burst">The frames.</param>
    /// <param name="zone">The conntrack zone of all of them.</param>
    /// <param name="v4">Room for a key a frame. Entry i is a key when bit i of <see cref="FlowMasks.V4"/> is set, else unspecified.</param>
    /// <param name="v6">Room for a key a frame. Entry i is a key when bit i of <see cref="FlowMasks.V6"/> is set, else unspecified.</param>
    /// <param name="infos">Room for a record a frame; every one is written.</param>
    /// <returns>Which frames have a key of which family.</returns>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public static FlowMasks ParseBurst(
        in PacketBurst burst, ushort zone, Span<FlowKeyV4> v4, Span<FlowKeyV6> v6, Span<PacketInfo> infos)
    {
        int count = burst.Count;
        if (v4.Length < count)
            Throw.Argument(nameof(v4), "shorter than the burst");
        if (v6.Length < count)
            Throw.Argument(nameof(v6), "shorter than the burst");
        if (infos.Length < count)
            Throw.Argument(nameof(infos), "shorter than the burst");
        if (count == 0)
            return default;

        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        slots += burst.First;
        ulong mask4 = 0, mask6 = 0;
        fixed (FlowKeyV4* keys4 = v4)
        fixed (FlowKeyV6* keys6 = v6)
        fixed (PacketInfo* records = infos)
        {
            ulong rest = burst.All;
            if (HasPasses)
            {
                mask4 = FindPasses(memory, stride, slots, rest, zone, keys4, keys6, records, out mask6);
                rest &= ~(mask4 | mask6);
            }

            for (; rest != 0; rest &= rest - 1)
            {
                int i = BitOperations.TrailingZeroCount(rest);
                byte* frame = memory + (nuint)(uint)i * stride + slots[i].Start;
                PacketFlags family = ParseRest(frame, slots[i], zone, ref keys4[i], ref keys6[i], ref records[i]);
                mask4 |= (ulong)(family & PacketFlags.Ipv4) << i;
                mask6 |= (ulong)(family & PacketFlags.Ipv6) / (ulong)PacketFlags.Ipv6 << i;
            }
        }

        GC.KeepAlive(burst.Arena);
        return new FlowMasks(mask4, mask6);
    }

    /// <summary>
    /// Runs the passes that the burst's traffic asks for. It comes in runs: the type of the first frame left says which pass is next, and no pass is run twice. Where that
    /// frame is of no pass (options, ARP), those left are better taken frame by frame; but IPv4, which most traffic is, is always tried.
    /// </summary>
    /// <returns>The frames with IPv4 keys.</returns>
    private static ulong FindPasses(
        byte* memory, nuint stride, FrameSlot* slots, ulong rest, ushort zone, FlowKeyV4* keys4, FlowKeyV6* keys6, PacketInfo* records, out ulong mask6)
    {
        ulong mask4 = 0;
        mask6 = 0;
        bool triesUntagged = true, triesTagged = true, triesIpv6 = true;
        while (rest != 0)
        {
            ushort typeLe = FirstType(memory, stride, slots, rest);
            if (typeLe == Ipv6TypeLe && triesIpv6)
            {
                mask6 = FindIpv6(memory, stride, slots, rest, zone, keys6, records);
                triesIpv6 = false;
            }
            else if (typeLe == VlanTypeLe && triesTagged)
            {
                mask4 |= FindIpv4<Tagged>(memory, stride, slots, rest, zone, keys4, records);
                triesTagged = false;
            }
            else if (triesUntagged)
            {
                mask4 |= FindIpv4<Untagged>(memory, stride, slots, rest, zone, keys4, records);
                triesUntagged = false;
            }
            else
            {
                break;
            }

            rest &= ~(mask4 | mask6);
        }

        return mask4;
    }

    private static ushort FirstType(byte* memory, nuint stride, FrameSlot* slots, ulong rest)
    {
        int i = BitOperations.TrailingZeroCount(rest);
        // SAFE: an arena ends in BlindReadBytes of padding, so byte 13 can be read however short the frame is.
        return *(ushort*)(memory + (nuint)(uint)i * stride + slots[i].Start + 12);
    }

    /// <summary>One frame that the passes left.</summary>
    /// <returns>The family flag of the key that was written, or none.</returns>
    private static PacketFlags ParseRest(
        byte* frame, FrameSlot slot, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, ref PacketInfo info)
    {
        const PacketFlags families = PacketFlags.Ipv4 | PacketFlags.Ipv6;
        ReadOnlySpan<byte> bytes = new(frame, (int)slot.Length);
        if (!TryFast(bytes, slot.Link, zone, ref v4, ref v6, ref info))
            ParseGeneral(bytes, slot.Link, zone, ref v4, ref v6, out info);
        return info.HasKey ? info.Flags & families : PacketFlags.None;
    }
}
