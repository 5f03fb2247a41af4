using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Addresses from numbers to the bytes on the wire and back; IPv4 stands in the first four bytes.</summary>
internal static class WireAddress
{
    public static IPv6Address Of(IpFamily family, UInt128 number)
    {
        if (family == IpFamily.V4)
            return IPv6Address.OfV4(BinaryPrimitives.ReverseEndianness((uint)number));
        UInt128 wire = BinaryPrimitives.ReverseEndianness(number);
        return Unsafe.BitCast<UInt128, IPv6Address>(wire);
    }

    public static UInt128 NumberOf(IpFamily family, in IPv6Address address) => family == IpFamily.V4
        ? BinaryPrimitives.ReverseEndianness(IPv6Address.FirstWord(address))
        : IPv6Address.NumberOf(address);
}
