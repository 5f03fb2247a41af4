using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Addresses from numbers to the bytes on the wire and back; IPv4 stands in the first four bytes.</summary>
internal static class WireAddress
{
    public static IPv6Address Of(IpFamily family, UInt128 number)
    {
        if (family == IpFamily.V4)
            return OfV4(BinaryPrimitives.ReverseEndianness((uint)number));
        UInt128 wire = BinaryPrimitives.ReverseEndianness(number);
        return Unsafe.BitCast<UInt128, IPv6Address>(wire);
    }

    /// <summary>An IPv4 address as it is read from the wire.</summary>
    public static IPv6Address OfV4(uint addressBe) => Unsafe.BitCast<UInt128, IPv6Address>(addressBe);

    public static UInt128 NumberOf(IpFamily family, in IPv6Address address) => family == IpFamily.V4
        ? BinaryPrimitives.ReverseEndianness(FirstWord(address))
        : BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<IPv6Address, UInt128>(address));

    public static uint FirstWord(in IPv6Address address) =>
        MemoryMarshal.Read<uint>(MemoryMarshal.AsBytes(new ReadOnlySpan<IPv6Address>(in address)));
}
