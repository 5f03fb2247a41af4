using System.Numerics;
using System.Runtime.Intrinsics;
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
            // Traffic comes in runs: behind a group of which nothing was accepted (options, ARP), the others are better taken frame by frame.
            int grouped = 0;
            Vector256<ulong> places = FrameLanes.Slots(stride);
            for (uint found = 1; FrameLanes.IsSupported && found != 0 && grouped <= count - FrameLanes.Count; grouped += FrameLanes.Count)
            {
                byte* first = memory + (nuint)(uint)grouped * stride;
                uint found4 = ParseGroup(first, stride, places, slots + grouped, zone, keys4 + grouped, keys6 + grouped, records + grouped, out uint found6);
                mask4 |= (ulong)found4 << grouped;
                mask6 |= (ulong)found6 << grouped;
                found = found4 | found6;
            }

            ulong rest = burst.All & ~(mask4 | mask6);
            for (; rest != 0; rest &= rest - 1)
            {
                int i = BitOperations.TrailingZeroCount(rest);
                byte* frame = memory + (nuint)(uint)i * stride + slots[i].Start;
                PacketFlags family = ParseRest(frame, slots[i], i >= grouped, zone, ref keys4[i], ref keys6[i], ref records[i]);
                mask4 |= (ulong)(family & PacketFlags.Ipv4) << i;
                mask6 |= (ulong)(family & PacketFlags.Ipv6) / (ulong)PacketFlags.Ipv6 << i;
            }
        }

        GC.KeepAlive(burst.Arena);
        return new FlowMasks(mask4, mask6);
    }

    /// <summary>One frame that no group accepted; one that was in none may still be of the short path.</summary>
    /// <returns>The family flag of the key that was written, or none.</returns>
    private static PacketFlags ParseRest(
        byte* frame, FrameSlot slot, bool mayBeFast, ushort zone, ref FlowKeyV4 v4, ref FlowKeyV6 v6, ref PacketInfo info)
    {
        const PacketFlags families = PacketFlags.Ipv4 | PacketFlags.Ipv6;
        ReadOnlySpan<byte> bytes = new(frame, (int)slot.Length);
        if (!mayBeFast || !TryFast(bytes, slot.Link, zone, ref v4, ref v6, ref info))
            ParseGeneral(bytes, slot.Link, zone, ref v4, ref v6, out info);
        return info.HasKey ? info.Flags & families : PacketFlags.None;
    }
}
