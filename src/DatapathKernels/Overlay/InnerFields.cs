using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The fields of a carried packet that show in the header around it.</summary>
/// <param name="DsField">TOS or traffic class; 0 of what is no IP.</param>
/// <param name="Ttl">TTL or hop limit; 0 of what is no IP.</param>
/// <param name="Fragment">Its <see cref="DontFragment"/> bit and others, as in IPv4's flags and offset, host order; IPv6 is never fragmented on its way.</param>
internal readonly record struct InnerFields(byte DsField, byte Ttl, ushort Fragment)
{
    /// <summary>The bit that forbids routers to fragment.</summary>
    public const ushort DontFragment = 0x4000;

    private const int Ethernet = EthernetHeader.Size;

    /// <summary>Of a frame that is an untagged IPv4 packet, which four bytes around the packet's start tell.</summary>
    /// <param name="frame">Its first byte.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="fields">The fields, when it is one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadPlain(ref byte frame, int bytes, out InnerFields fields)
    {
        const uint typeAndVersion = ((uint)Ipv4Header.EtherType << 4) | 4;
        Unsafe.SkipInit(out fields);
        if (bytes < Ethernet + Ipv4Header.MinSize)
            return false;

        // SAFE: the fixed header is there.
        uint start = OuterHeader.ReadBigEndian(ref Unsafe.Add(ref frame, Ethernet - 2));
        if (start >> 12 != typeAndVersion)
            return false;
        fields = new((byte)start, Unsafe.Add(ref frame, Ethernet + 8), (ushort)(Unsafe.Add(ref frame, Ethernet + 6) << 8));
        return true;
    }

    /// <summary>Of an Ethernet frame.</summary>
    public static InnerFields OfFrame(ReadOnlySpan<byte> frame)
    {
        InnerFrame carried = new(frame);
        return new(carried.DsField, carried.Ttl, carried.DontFragment ? DontFragment : (ushort)0);
    }

    /// <summary>Of an IP packet whose fixed header is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InnerFields OfPacket(ref byte packet, int version)
    {
        uint start = OuterHeader.ReadBigEndian(ref packet);
        return version == 4
            ? new((byte)(start >> 16), Unsafe.Add(ref packet, 8), (ushort)(Unsafe.Add(ref packet, 6) << 8))
            : new((byte)(start >> 20), Unsafe.Add(ref packet, 7), 0);
    }
}
