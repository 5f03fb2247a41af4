using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Addresses from numbers to the bytes on the wire and back; IPv4 stands in the first four bytes.</summary>
internal static class WireAddress
{
    public static IPv6Address Of(IpFamily family, UInt128 number) => family == IpFamily.V4
        ? IPv6Address.OfV4(BinaryPrimitives.ReverseEndianness((uint)number))
        : IPv6Address.OfNumber(number);

    public static UInt128 NumberOf(IpFamily family, in IPv6Address address) => family == IpFamily.V4
        ? BinaryPrimitives.ReverseEndianness(IPv6Address.FirstWord(address))
        : IPv6Address.NumberOf(address);
}
