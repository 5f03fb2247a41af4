using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Overlay;

/// <summary>Geneve's header (RFC 8926): eight bytes, then options of four to 128 bytes each.</summary>
public static class GeneveHeader
{
    /// <summary>The port IANA gave it.</summary>
    public const ushort Port = 6081;

    /// <summary>Bytes without options.</summary>
    public const int Bytes = 8;

    /// <summary>The most bytes of options.</summary>
    public const int MaxOptionBytes = 252;

    /// <summary>EtherType of an inner Ethernet frame.</summary>
    public const ushort Ethernet = 0x6558;

    private const byte CriticalInHeader = 0x40, CriticalInOption = 0x80;

    /// <summary>Writes a header and its options; the critical bit is set when any option is critical.</summary>
    /// <param name="destination">Room for both.</param>
    /// <param name="vni">The network.</param>
    /// <param name="options">Whole options, as on the wire.</param>
    /// <param name="protocol">What follows.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The options are not whole, or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The network does not fit.</exception>
    public static int Write(Span<byte> destination, uint vni, ReadOnlySpan<byte> options = default, ushort protocol = Ethernet)
    {
        if (vni > VxlanHeader.MaxVni)
            Throw.OutOfRange(nameof(vni), vni, "a VNI has 24 bits");
        if (options.Length > MaxOptionBytes || options.Length % 4 != 0 || !TryWalk(options, out bool critical))
        {
            Throw.Argument(nameof(options), $"expected whole options of up to {MaxOptionBytes} bytes in all");
            return 0;
        }

        destination[0] = (byte)(options.Length / 4);
        destination[1] = critical ? CriticalInHeader : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], protocol);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], vni << 8);
        options.CopyTo(destination[Bytes..]);
        return Bytes + options.Length;
    }

    /// <summary>Reads a header. No option is known to the reader: a critical one is refused (RFC 8926, 3.5), unless the caller knows them.</summary>
    /// <param name="bytes">The UDP payload.</param>
    /// <param name="knowsOptions">True when the caller reads the options itself.</param>
    /// <param name="vni">The network.</param>
    /// <param name="protocol">What follows.</param>
    /// <param name="length">Bytes of the header with its options, which begin after <see cref="Bytes"/>.</param>
    public static DecapStatus TryRead(ReadOnlySpan<byte> bytes, bool knowsOptions, out uint vni, out ushort protocol, out int length)
    {
        (vni, protocol, length) = (0, 0, 0);
        if (bytes.Length < Bytes)
            return DecapStatus.TruncatedHeader;
        if (bytes[0] >> 6 != 0)
            return DecapStatus.BadVersion;
        length = Bytes + ((bytes[0] & 0x3f) * 4);
        if (bytes.Length < length || !TryWalk(bytes[Bytes..length], out bool critical))
            return DecapStatus.BadOptions;
        protocol = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        vni = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) >> 8;
        return ((bytes[1] & CriticalInHeader) != 0 || critical) && !knowsOptions ? DecapStatus.CriticalOption : DecapStatus.Ok;
    }

    /// <summary>False when an option reaches beyond the end.</summary>
    private static bool TryWalk(ReadOnlySpan<byte> options, out bool critical)
    {
        critical = false;
        while (!options.IsEmpty)
        {
            if (options.Length < 4)
                return false;
            int bytes = 4 + ((options[3] & 0x1f) * 4);
            critical |= (options[2] & CriticalInOption) != 0;
            if (bytes > options.Length)
                return false;
            options = options[bytes..];
        }

        return true;
    }
}
