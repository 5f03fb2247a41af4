using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// What the walk compares of a packet, gathered once per walk and again after DNAT:
/// <code>
/// Transport, bits  0..15  source port (host order)
///                 16..31  destination port; ICMP: type, code
///                 32..39  protocol
///                 40..47  TCP flags (byte 13)
///                 48      the transport header is there
///                 49      fragment with an offset above zero
///                 50      the ports are there and the rest of the header is cut off
/// </code>
/// Addresses are words as loaded from the wire: comparing them needs no byte order.
/// </summary>
internal struct PacketView
{
    public const int ProtocolShift = 32, FlagsShift = 40;
    public const ulong HasTransport = 1UL << 48, LaterFragment = 1UL << 49, CutPorts = 1UL << 50;
    private const uint PortBytes = 4;

    public ulong Transport;

    /// <summary>IPv4: source in the low half of the word in memory, destination in the high half. IPv6: first half of the source.</summary>
    public ulong Source0;

    public ulong Source1, Destination0, Destination1;

    public readonly ushort SourcePort => (ushort)Transport;

    public readonly ushort DestinationPort => (ushort)(Transport >> 16);

    public readonly byte Protocol => (byte)(Transport >> ProtocolShift);

    /// <summary>Gathers the fields. False when the record is not that of a well-formed packet of this family and frame.</summary>
    public static bool TryLoad(IpFamily family, ReadOnlySpan<byte> frame, in PacketInfo info, out PacketView view)
    {
        view = default;
        PacketFlags version = family == IpFamily.V4 ? PacketFlags.Ipv4 : PacketFlags.Ipv6;
        uint header = family == IpFamily.V4 ? 20u : 40u;
        if (!info.HasKey || (info.Flags & version) == 0 || info.L3Length < header
            || info.L4Offset < info.L3Offset + header || info.L3Offset + (ulong)info.L3Length > (uint)frame.Length)
        {
            return false;
        }

        // SAFE: the datagram lies in the frame and holds its fixed header, both checked above
        ref byte l3 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L3Offset);
        if (family == IpFamily.V4)
        {
            view.Source0 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 12));
        }
        else
        {
            view.Source0 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 8));
            view.Source1 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 16));
            view.Destination0 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 24));
            view.Destination1 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 32));
        }

        view.Transport = (ulong)info.Protocol << ProtocolShift;
        if ((info.Flags & PacketFlags.NonFirstFragment) != 0)
            view.Transport |= LaterFragment;
        else if ((info.Flags & PacketFlags.Transport) != 0)
            view.Transport |= TransportOf(frame, info);
        return true;
    }

    /// <summary>
    /// The same for a packet whose network header is sound and whose transport header is cut off or lies about its length. Where the matches of its protocol
    /// still find the bytes they want, it has a transport header; where only its ports are there, it has <see cref="CutPorts"/>.
    /// </summary>
    public static bool TryLoadDamaged(IpFamily family, ReadOnlySpan<byte> frame, in PacketInfo info, out PacketView view)
    {
        view = default;
        if (info.Status is not (ParseStatus.TruncatedTransport or ParseStatus.BadTcpDataOffset or ParseStatus.BadUdpLength))
            return false;
        PacketInfo sound = new(ParseStatus.Ok, info.Flags, info.Protocol, info.L3Offset, info.L4Offset, info.L3Length, info.FragmentOffset);
        if (!TryLoad(family, frame, sound, out view))
            return false;
        uint bytes = sound.L4Length;
        if (bytes >= PortBytes)
            view.Transport |= TransportOf(frame[..(int)(info.L3Offset + info.L3Length)], sound) ^ (bytes >= WholeBytes(info.Protocol) ? 0 : HasTransport | CutPorts);
        return true;
    }

    /// <summary>What <c>xt_tcpudp</c> and its like read at once of a header.</summary>
    private static uint WholeBytes(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => 20,
        IpProtocol.Sctp or IpProtocol.Dccp => 12,
        _ => 8,
    };

    private static ulong TransportOf(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (info.L4Offset + 4u > (uint)frame.Length)
            return 0;
        // SAFE: four bytes are there, checked above; byte 13 only when it is
        ref byte l4 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset);
        uint first = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(ref l4));
        if (info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
            return (first & 0xffff0000) | HasTransport;
        ulong ports = ((first & 0xffff) << 16) | (first >> 16);
        if (info.Protocol == IpProtocol.Tcp && info.L4Offset + 14u <= (uint)frame.Length)
            ports |= (ulong)Unsafe.Add(ref l4, 13) << FlagsShift;
        return ports | HasTransport;
    }

    /// <summary>The number form of an address, as <see cref="IpNetwork"/> has it.</summary>
    public readonly UInt128 AddressOf(IpFamily family, PacketSide side)
    {
        if (family == IpFamily.V4)
            return BinaryPrimitives.ReverseEndianness((uint)(side == PacketSide.Source ? Source0 : Source0 >> 32));
        return side == PacketSide.Source
            ? new UInt128(BinaryPrimitives.ReverseEndianness(Source0), BinaryPrimitives.ReverseEndianness(Source1))
            : new UInt128(BinaryPrimitives.ReverseEndianness(Destination0), BinaryPrimitives.ReverseEndianness(Destination1));
    }
}
