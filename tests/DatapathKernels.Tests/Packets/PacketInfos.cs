using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Packets;

/// <summary>Records of plain packets (no IPv6 extension headers), made without the parser under test elsewhere.</summary>
public static class PacketInfos
{
    public static PacketInfo Of(ReadOnlySpan<byte> frame, int l3)
    {
        ReadOnlySpan<byte> ip = frame[l3..];
        if (ip[0] >> 4 == 6)
        {
            uint length = 40u + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
            return new(ParseStatus.Ok, PacketFlags.Ipv6 | PacketFlags.Transport, (IpProtocol)ip[6], (ushort)l3, (ushort)(l3 + 40), length, 0);
        }

        int fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[6..]), offset = (fragment & 0x1fff) * 8;
        PacketFlags flags = PacketFlags.Ipv4 | (offset == 0 ? PacketFlags.Transport : PacketFlags.NonFirstFragment);
        if (offset != 0 || (fragment & 0x2000) != 0)
            flags |= PacketFlags.Fragment;
        ParseStatus status = offset == 0 ? ParseStatus.Ok : ParseStatus.NonFirstFragment;
        return new(status, flags, (IpProtocol)ip[9], (ushort)l3, (ushort)(l3 + (ip[0] & 15) * 4), BinaryPrimitives.ReadUInt16BigEndian(ip[2..]), (ushort)offset);
    }

    public static ushort Be(ushort host) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(host) : host;
}
