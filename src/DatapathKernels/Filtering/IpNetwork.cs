using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace DatapathKernels.Filtering;

/// <summary>
/// An address and a mask, as <c>-s</c> and <c>-d</c> take them. Masks need not be contiguous, as in the kernel.
/// </summary>
/// <param name="Family">The address family.</param>
/// <param name="Address">The address as a number, most significant byte first on the wire; IPv4 in the low 32 bits. Bits outside the mask are zero.</param>
/// <param name="Mask">The mask, in the same form.</param>
public readonly record struct IpNetwork(IpFamily Family, UInt128 Address, UInt128 Mask)
{
    /// <summary>Bits in an address of the family.</summary>
    public static int Bits(IpFamily family) => family == IpFamily.V4 ? 32 : 128;

    /// <summary>The mask of a prefix length, 0 to 32 or 128.</summary>
    public static UInt128 MaskOf(IpFamily family, int prefixLength)
    {
        UInt128 all = family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue;
        return prefixLength == 0 ? UInt128.Zero : (all << (Bits(family) - prefixLength)) & all;
    }

    /// <summary>The network of an address and a prefix length; host bits are cleared.</summary>
    public static IpNetwork FromPrefix(IpFamily family, UInt128 address, int prefixLength)
    {
        UInt128 mask = MaskOf(family, prefixLength);
        return new IpNetwork(family, address & mask, mask);
    }

    /// <summary>The network that holds just this address.</summary>
    public static IpNetwork Host(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IpFamily family = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        return FromPrefix(family, ToNumber(address), Bits(family));
    }

    /// <summary>The number of an address, as <see cref="Address"/> holds it.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The text of an address number.</summary>
    public static string Format(IpFamily family, UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return new IPAddress(family == IpFamily.V4 ? bytes[12..] : bytes).ToString();
    }

    /// <summary>The prefix length, or -1 when the mask is not contiguous.</summary>
    public int PrefixLength
    {
        get
        {
            int length = Bits(Family) - (int)UInt128.TrailingZeroCount(Mask | (UInt128.One << (Bits(Family) - 1)));
            length = Mask == UInt128.Zero ? 0 : length;
            return MaskOf(Family, length) == Mask ? length : -1;
        }
    }

    /// <summary>True when the address number lies in the network.</summary>
    public bool Contains(UInt128 address) => (address & Mask) == Address;

    /// <summary>As iptables-save writes it: <c>10.0.0.0/8</c>, <c>10.0.0.1/32</c>, <c>10.0.0.1/255.0.0.255</c>.</summary>
    public override string ToString() => PrefixLength is var length and >= 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Format(Family, Address)}/{length}")
        : $"{Format(Family, Address)}/{Format(Family, Mask)}";
}
