using System.Runtime.CompilerServices;

namespace DatapathKernels.Packets;

/// <summary>From a frame to its flow key, in one pass that proves every length once.</summary>
/// <remarks>
/// <para>
/// A frame goes through three steps: the link header says where IP starts, the IP header says which bytes are the
/// datagram and which transport it carries, the transport header gives ports. The first step that fails names the
/// <see cref="ParseStatus"/>. Nothing beyond the frame is ever read and nothing is allocated.
/// </para>
/// <para>
/// Plain TCP and UDP over IPv4 and IPv6 take a short path that makes the same decisions in a few compares
/// (<c>FlowParser.FastPath.cs</c>); everything it does not recognise takes the general path
/// (<c>FlowParser.Network.cs</c>), which is the specification. Both give equal answers on every input.
/// </para>
/// </remarks>
public static partial class FlowParser
{
    /// <summary>Parses one frame of either family.</summary>
    /// <param name="frame">The frame as captured, from the first byte of the link header. Trailing padding is allowed.</param>
    /// <param name="link">What the frame starts with.</param>
    /// <param name="zone">The conntrack zone, copied into the key.</param>
    /// <param name="v4">The key when the result has one and the packet is IPv4; otherwise all zero.</param>
    /// <param name="v6">The key when the result has one and the packet is IPv6; otherwise all zero.</param>
    /// <param name="info">Offsets, lengths and flags; its status is the returned one.</param>
    /// <returns>Why there is, or is not, a key. <see cref="PacketInfo.HasKey"/> and the family flag tell which key was set.</returns>
    public static ParseStatus Parse(
        ReadOnlySpan<byte> frame, LinkType link, ushort zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info)
    {
        v4 = default;
        v6 = default;
        Unsafe.SkipInit(out info);
        return TryFast(frame, link, zone, ref v4, ref v6, ref info)
            ? ParseStatus.Ok
            : ParseGeneral(frame, link, zone, ref v4, ref v6, out info);
    }

    /// <summary>Parses one Ethernet frame of either family in zone 0.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, LinkType, ushort, out FlowKeyV4, out FlowKeyV6, out PacketInfo)"/>
    public static ParseStatus Parse(ReadOnlySpan<byte> frame, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info) =>
        Parse(frame, LinkType.Ethernet, 0, out v4, out v6, out info);

    /// <summary>Parses a datagram that starts with its IP header: the version nibble tells the family.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, LinkType, ushort, out FlowKeyV4, out FlowKeyV6, out PacketInfo)"/>
    public static ParseStatus ParseNetwork(
        ReadOnlySpan<byte> packet, ushort zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info) =>
        Parse(packet, LinkType.Raw, zone, out v4, out v6, out info);

    /// <summary>Parses an Ethernet frame expected to hold IPv4, in zone 0.</summary>
    /// <param name="frame">The frame, from the first byte of the Ethernet header.</param>
    /// <param name="key">The key when true is returned; otherwise all zero.</param>
    /// <param name="info">Offsets, lengths, flags and status, whatever the family.</param>
    /// <returns>True when the packet is IPv4 and has a key.</returns>
    public static bool TryParse(ReadOnlySpan<byte> frame, out FlowKeyV4 key, out PacketInfo info)
    {
        Parse(frame, out key, out _, out info);
        return info.HasKey && (info.Flags & PacketFlags.Ipv4) != 0;
    }

    /// <summary>Parses an Ethernet frame expected to hold IPv6, in zone 0.</summary>
    /// <param name="frame">The frame, from the first byte of the Ethernet header.</param>
    /// <param name="key">The key when true is returned; otherwise all zero.</param>
    /// <param name="info">Offsets, lengths, flags and status, whatever the family.</param>
    /// <returns>True when the packet is IPv6 and has a key.</returns>
    public static bool TryParse(ReadOnlySpan<byte> frame, out FlowKeyV6 key, out PacketInfo info)
    {
        Parse(frame, out _, out key, out info);
        return info.HasKey && (info.Flags & PacketFlags.Ipv6) != 0;
    }
}
