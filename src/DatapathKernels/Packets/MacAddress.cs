using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>A 48-bit Ethernet address: 6 bytes as they stand on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = 6)]
public readonly struct MacAddress : IEquatable<MacAddress>
{
    /// <summary>Bytes in an address.</summary>
    public const int Size = 6;

    private readonly ushort _0, _1, _2;

    /// <summary>Reads 6 bytes.</summary>
    /// <exception cref="ArgumentException">Fewer than 6 bytes.</exception>
    public MacAddress(ReadOnlySpan<byte> bytes) => this = MemoryMarshal.Read<MacAddress>(bytes);

    /// <summary>True for group addresses, broadcast included: the lowest bit of the first byte on the wire.</summary>
    public bool IsMulticast => ((BitConverter.IsLittleEndian ? _0 : _0 >> 8) & 1) != 0;

    /// <summary>True for ff:ff:ff:ff:ff:ff.</summary>
    public bool IsBroadcast => (_0 & _1 & _2) == 0xffff;

    /// <summary>Writes the 6 bytes.</summary>
    /// <exception cref="ArgumentException">Less room than 6 bytes.</exception>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, this);

    /// <inheritdoc/>
    public bool Equals(MacAddress other) => _0 == other._0 && _1 == other._1 && _2 == other._2;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MacAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_0, _1, _2);

    /// <summary>True when both addresses are the same.</summary>
    public static bool operator ==(MacAddress left, MacAddress right) => left.Equals(right);

    /// <summary>True when the addresses differ.</summary>
    public static bool operator !=(MacAddress left, MacAddress right) => !left.Equals(right);

    /// <summary>For example <c>02:00:00:00:00:01</c>.</summary>
    public override string ToString()
    {
        Span<byte> b = stackalloc byte[Size];
        CopyTo(b);
        return $"{b[0]:x2}:{b[1]:x2}:{b[2]:x2}:{b[3]:x2}:{b[4]:x2}:{b[5]:x2}";
    }
}
