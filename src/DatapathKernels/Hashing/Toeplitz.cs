using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Hashing;

/// <summary>
/// The Toeplitz hash by which network cards spread flows over queues (receive-side scaling): for every one bit of the
/// input, most significant first, the 32 key bits that begin at that bit's offset are xored in.
/// </summary>
/// <remarks>
/// The input is source address, destination address and perhaps source port, destination port, all in network order. Being
/// linear, the hash of an input is the xor of one table entry for each of its bytes; the tables are made once, 1 KiB for
/// each input byte that the key allows (36 KiB for the usual 40-byte key, of which IPv4 touches 12). Not a hash against
/// attackers: it is linear in the input.
/// </remarks>
public sealed class Toeplitz
{
    private readonly uint[] _tables;

    /// <summary>Makes the tables of a key.</summary>
    /// <param name="key">At least 5 bytes; 16 for IPv4 with ports, 40 for IPv6 with ports.</param>
    /// <exception cref="ArgumentException">Fewer than 5 bytes.</exception>
    public Toeplitz(ReadOnlySpan<byte> key)
    {
        if (key.Length < 5)
            Throw.Argument(nameof(key), "expected at least 5 bytes: one of input and the 32 bits after it");
        MaxInputBytes = key.Length - 4;
        _tables = new uint[MaxInputBytes * 256];
        for (int position = 0; position < MaxInputBytes; position++)
            FillTable(_tables.AsSpan(position * 256, 256), key.Slice(position, 5));
    }

    /// <summary>The key of Microsoft's RSS verification suite, which most drivers ship.</summary>
    public static ReadOnlySpan<byte> MicrosoftKey =>
    [
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
    ];

    /// <summary>A key of period 16 bits: both directions of a flow hash alike, at the price of most of the entropy.</summary>
    public static ReadOnlySpan<byte> SymmetricKey =>
    [
        0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
        0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
    ];

    /// <summary>The longest input the key allows, bytes.</summary>
    public int MaxInputBytes { get; }

    /// <summary>The hash of an input in network order.</summary>
    /// <exception cref="ArgumentException">The input is longer than <see cref="MaxInputBytes"/>.</exception>
    public uint Compute(ReadOnlySpan<byte> input)
    {
        if (input.Length > MaxInputBytes)
            Throw.Argument(nameof(input), "expected no more bytes than the key allows");
        ref uint tables = ref MemoryMarshal.GetArrayDataReference(_tables);
        uint hash = 0;
        // SAFE: index < MaxInputBytes * 256
        for (int i = 0; i < input.Length; i++)
            hash ^= Unsafe.Add(ref tables, i * 256 + input[i]);
        return hash;
    }

    /// <summary>The 2-tuple of IPv4: what cards use for fragments and for protocols without ports.</summary>
    /// <exception cref="ArgumentException">The key is shorter than 12 bytes.</exception>
    public uint V4(uint sourceBe, uint destinationBe)
    {
        Span<byte> input = stackalloc byte[8];
        Unsafe.WriteUnaligned(ref input[0], sourceBe);
        Unsafe.WriteUnaligned(ref input[4], destinationBe);
        return Compute(input);
    }

    /// <summary>The 4-tuple of IPv4, every value as read from the packet.</summary>
    /// <exception cref="ArgumentException">The key is shorter than 16 bytes.</exception>
    public uint V4(uint sourceBe, uint destinationBe, ushort sourcePortBe, ushort destinationPortBe)
    {
        Span<byte> input = stackalloc byte[12];
        Unsafe.WriteUnaligned(ref input[0], sourceBe);
        Unsafe.WriteUnaligned(ref input[4], destinationBe);
        Unsafe.WriteUnaligned(ref input[8], sourcePortBe);
        Unsafe.WriteUnaligned(ref input[10], destinationPortBe);
        return Compute(input);
    }

    /// <summary>The 2-tuple of IPv6.</summary>
    /// <param name="source">16 bytes.</param>
    /// <param name="destination">16 bytes.</param>
    /// <exception cref="ArgumentException">The key is shorter than 36 bytes, or an address is not 16 bytes.</exception>
    public uint V6(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        Span<byte> input = stackalloc byte[32];
        Join(source, destination, input);
        return Compute(input);
    }

    /// <summary>The 4-tuple of IPv6, every value as read from the packet.</summary>
    /// <param name="source">16 bytes.</param>
    /// <param name="destination">16 bytes.</param>
    /// <param name="sourcePortBe">Source port, network byte order.</param>
    /// <param name="destinationPortBe">Destination port, network byte order.</param>
    /// <exception cref="ArgumentException">The key is shorter than 40 bytes, or an address is not 16 bytes.</exception>
    public uint V6(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ushort sourcePortBe, ushort destinationPortBe)
    {
        Span<byte> input = stackalloc byte[36];
        Join(source, destination, input);
        Unsafe.WriteUnaligned(ref input[32], sourcePortBe);
        Unsafe.WriteUnaligned(ref input[34], destinationPortBe);
        return Compute(input);
    }

    private static void Join(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, Span<byte> input)
    {
        if (source.Length != 16 || destination.Length != 16)
            Throw.Argument(nameof(source), "expected addresses of 16 bytes");
        source.CopyTo(input);
        destination.CopyTo(input[16..]);
    }

    /// <summary>The contribution of every value of one byte: 40 key bits hold the eight windows its bits select.</summary>
    private static void FillTable(Span<uint> table, ReadOnlySpan<byte> key)
    {
        ulong bits = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(key) << 8) | key[4];
        for (int value = 0; value < 256; value++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                if ((value & (0x80 >> bit)) != 0)
                    table[value] ^= (uint)(bits >> (8 - bit));
            }
        }
    }
}
