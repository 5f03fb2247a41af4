using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Writes what a binding says into a packet. What it does not say the packet keeps.</summary>
internal static class BindingWriter
{
    public static RewriteStatus Write(in NatBinding binding, bool destination, Span<byte> frame, in PacketInfo info)
    {
        ushort portBe = PortBe(frame, info, destination ? 2 : 0);
        if (binding.HasPort)
            portBe = Wire(PortOf(binding, Wire(portBe)));
        if ((info.Flags & PacketFlags.Ipv4) != 0)
        {
            uint address = binding.HasAddress ? IPv6Address.FirstWord(binding.Address)
                : MemoryMarshal.Read<uint>(frame[(info.L3Offset + (destination ? 16 : 12))..]);
            return destination
                ? AddressRewriter.SetDestination(frame, info, address, portBe)
                : AddressRewriter.SetSource(frame, info, address, portBe);
        }

        IPv6Address wide = binding.HasAddress ? binding.Address : new IPv6Address(frame[(info.L3Offset + (destination ? 24 : 8))..]);
        return destination
            ? AddressRewriter.SetDestination(frame, info, wide, portBe)
            : AddressRewriter.SetSource(frame, info, wide, portBe);
    }

    /// <summary>As the kernel keeps a port that lies in the range; else the first.</summary>
    private static ushort PortOf(in NatBinding binding, ushort current) =>
        current >= binding.Port && current <= binding.HighPort ? current : binding.Port;

    /// <summary>What stands where the rewriter would write a port: the port of that side, or ICMP's identifier.</summary>
    private static ushort PortBe(ReadOnlySpan<byte> frame, in PacketInfo info, int side)
    {
        int offset = info.L4Offset + (info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? 4 : side);
        return (info.Flags & PacketFlags.Transport) != 0 && offset + 2 <= frame.Length ? MemoryMarshal.Read<ushort>(frame[offset..]) : (ushort)0;
    }

    private static ushort Wire(ushort value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
}
