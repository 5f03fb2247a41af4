using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Tests of header bytes that a <see cref="PacketView"/> does not hold. The datagram lies in the frame: it was loaded.</content>
public abstract partial class ChainMatcher
{
    private bool TestHeader(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> datagram = frame.Slice(info.L3Offset, (int)info.L3Length);
        if (extra.Kind == ExtraKind.U32)
            return _program.U32Expressions[extra.B].Fits(datagram);
        byte value = extra.Kind == ExtraKind.Ttl ? TtlOf(datagram) : TrafficClassOf(datagram);
        return extra.Kind == ExtraKind.Ttl ? value >= extra.B && value <= extra.C : (value & extra.C) == extra.B;
    }

    private byte TtlOf(ReadOnlySpan<byte> datagram) => datagram[_program.Family == IpFamily.V4 ? 8 : 7];

    private byte TrafficClassOf(ReadOnlySpan<byte> datagram) =>
        _program.Family == IpFamily.V4 ? datagram[1] : (byte)((datagram[0] << 4) | (datagram[1] >> 4));

    /// <summary>
    /// The byte of TCP's flags. xt_ecn.c looks where the header would be without asking whether this is a later fragment: of an
    /// IPv4 one it reads payload, of an IPv6 one, whose offset nobody set, the IP header. Fewer than 20 bytes fit nothing.
    /// </summary>
    internal static bool TryEcnFlags(ReadOnlySpan<byte> frame, in PacketInfo info, out byte flags)
    {
        bool misread = (info.Flags & (PacketFlags.Ipv6 | PacketFlags.NonFirstFragment)) == (PacketFlags.Ipv6 | PacketFlags.NonFirstFragment);
        int offset = misread ? info.L3Offset : info.L4Offset;
        bool there = info.L4Offset != 0 && offset + 20u <= info.L3Offset + info.L3Length && offset + 20u <= (uint)frame.Length;
        flags = there ? frame[offset + 13] : (byte)0;
        return there;
    }

    /// <summary>
    /// True when an Ethernet header stands before the datagram. Of the link layers there are, only Ethernet's headers (14 bytes,
    /// and 4 for each tag) end two bytes behind a multiple of four; raw, loopback and both cooked captures end on one.
    /// </summary>
    internal static bool HasEthernet(in PacketInfo info) => info.L3Offset >= 14 && (info.L3Offset & 3) == 2;

    private static bool TestMac(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info) =>
        MemoryMarshal.Read<uint>(frame[6..]) == extra.B && MemoryMarshal.Read<ushort>(frame[10..]) == extra.A;

    /// <summary>As <c>tcp_find_option</c>: whatever stands between the fixed header and the data offset, end-of-list or not.</summary>
    internal static bool TestTcpOption(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        const int Fixed = 20;
        int end = Math.Min(frame.Length, info.L3Offset + (int)info.L3Length);
        if (info.L4Offset + Fixed > end)
            return false;
        int dataOffset = frame[info.L4Offset + 12] >> 4 << 2;
        if (dataOffset <= Fixed || info.L4Offset + dataOffset > end)
            return false;
        ReadOnlySpan<byte> options = frame.Slice(info.L4Offset + Fixed, dataOffset - Fixed);
        for (int i = 0; i < options.Length;)
        {
            if (options[i] == extra.A)
                return true;
            i += options[i] < 2 || i + 1 >= options.Length ? 1 : Math.Max((int)options[i + 1], 1);
        }

        return false;
    }
}
