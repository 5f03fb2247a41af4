using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Packets;

/// <summary>An IPv6 address: 16 bytes as they stand on the wire, aligned to nothing.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 16)]
public readonly struct IPv6Address : IEquatable<IPv6Address>
{
    private readonly uint _0, _1, _2, _3;

    /// <summary>Reads 16 bytes.</summary>
    /// <exception cref="ArgumentException">Fewer than 16 bytes.</exception>
    public IPv6Address(ReadOnlySpan<byte> bytes) => this = MemoryMarshal.Read<IPv6Address>(bytes);

    /// <summary>An IPv4 address in the place of an IPv6 one: its four bytes first, then zeros.</summary>
    internal static IPv6Address OfV4(uint addressBe) => Unsafe.BitCast<Vector128<uint>, IPv6Address>(Vector128.CreateScalar(addressBe));

    /// <summary>The first four bytes, network byte order: the IPv4 address that <see cref="OfV4"/> took.</summary>
    internal static uint FirstWord(in IPv6Address address) => address._0;

    /// <summary>The address as a number, its first byte the highest: greater for what stands behind it in a range.</summary>
    internal static UInt128 NumberOf(in IPv6Address address) => BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<IPv6Address, UInt128>(address));

    /// <summary>The address of a number.</summary>
    internal static IPv6Address OfNumber(UInt128 number) => Unsafe.BitCast<UInt128, IPv6Address>(BinaryPrimitives.ReverseEndianness(number));

    /// <summary>The 16 bytes as one vector: what is made of them is then stored at once, and a load right after it need not wait.</summary>
    internal Vector128<byte> Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<Vector128<byte>>(ref Unsafe.As<IPv6Address, byte>(ref Unsafe.AsRef(in this)));
    }

    /// <summary>Writes the 16 bytes.</summary>
    /// <exception cref="ArgumentException">Less room than 16 bytes.</exception>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, this);

    /// <inheritdoc/>
    public bool Equals(IPv6Address other) =>
        Unsafe.BitCast<IPv6Address, UInt128>(this) == Unsafe.BitCast<IPv6Address, UInt128>(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IPv6Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Unsafe.BitCast<IPv6Address, UInt128>(this).GetHashCode();

    /// <summary>True when both addresses are the same.</summary>
    public static bool operator ==(IPv6Address left, IPv6Address right) => left.Equals(right);

    /// <summary>True when the addresses differ.</summary>
    public static bool operator !=(IPv6Address left, IPv6Address right) => !left.Equals(right);

    /// <summary>The text form of RFC 5952.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        CopyTo(bytes);
        return new IPAddress(bytes).ToString();
    }
}
