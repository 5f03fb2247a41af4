using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>A burst at a time.</summary>
public static unsafe partial class FlowParser
{
    /// <summary>Parses every frame of a burst; equal to a loop of <see cref="Parse(ReadOnlySpan{byte}, LinkType, ushort, out FlowKeyV4, out FlowKeyV6, out PacketInfo)"/>.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="zone">The conntrack zone of all of them.</param>
    /// <param name="v4">Room for a key a frame. Entry i is written exactly when bit i of <see cref="FlowMasks.V4"/> is set.</param>
    /// <param name="v6">Room for a key a frame. Entry i is written exactly when bit i of <see cref="FlowMasks.V6"/> is set.</param>
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

        ulong mask4 = 0, mask6 = 0;
        for (int i = 0; i < count; i++)
        {
            Parse(burst[i], burst.Link(i), zone, out FlowKeyV4 key4, out FlowKeyV6 key6, out infos[i]);
            if (!infos[i].HasKey)
                continue;
            if ((infos[i].Flags & PacketFlags.Ipv4) != 0)
            {
                v4[i] = key4;
                mask4 |= 1UL << i;
            }
            else
            {
                v6[i] = key6;
                mask6 |= 1UL << i;
            }
        }

        return new FlowMasks(mask4, mask6);
    }
}
