using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// One IPv6 extension header (RFC 8200 section 4, RFC 4302 for AH); its own type stands in the header before it.
/// <code>
///  0             1        2
///  | next header | length | depends on the type ...
/// </code>
/// Hop-by-hop, routing and destination options: 8 bytes and 8 more per unit of length. Fragment: 8 bytes. AH: 4 bytes per unit
/// of length, less 2 units.
/// </summary>
public readonly ref struct Ipv6ExtensionHeader
{
    /// <summary>The shortest extension header, and the length of every fragment header, bytes.</summary>
    public const int MinSize = 8;

    private readonly ref readonly byte _start;
    private readonly int _available;

    private Ipv6ExtensionHeader(IpProtocol type, ReadOnlySpan<byte> bytes)
    {
        _start = ref MemoryMarshal.GetReference(bytes);
        _available = bytes.Length;
        Type = type;
    }

    /// <summary>Proves a header of the given type; <paramref name="bytes"/> start with it.</summary>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.TruncatedExtension"/>, or <see cref="ParseStatus.BadExtension"/> when
    /// <paramref name="type"/> is no extension header.
    /// </returns>
    public static ParseStatus TryParse(IpProtocol type, ReadOnlySpan<byte> bytes, out Ipv6ExtensionHeader header)
    {
        header = default;
        if (!Ipv6ExtensionChain.IsExtension(type))
            return ParseStatus.BadExtension;
        if (bytes.Length < MinSize)
            return ParseStatus.TruncatedExtension;
        Ipv6ExtensionHeader candidate = new(type, bytes);
        if (candidate.HeaderBytes > bytes.Length)
            return ParseStatus.TruncatedExtension;
        header = candidate;
        return ParseStatus.Ok;
    }

    /// <summary>What kind of extension header this is.</summary>
    public IpProtocol Type { get; }

    /// <summary>What follows it.</summary>
    public IpProtocol NextHeader => (IpProtocol)Wire.U8(in _start, 0);

    /// <summary>Header length, bytes.</summary>
    public int HeaderBytes => Type switch
    {
        IpProtocol.Fragment => MinSize,
        IpProtocol.Ah => (Wire.U8(in _start, 1) + 2) * 4,
        _ => (Wire.U8(in _start, 1) + 1) * 8,
    };

    /// <summary>The type's own fields: everything after next header and length.</summary>
    public ReadOnlySpan<byte> Data => Wire.Bytes(in _start, 2, HeaderBytes - 2);

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, HeaderBytes, _available - HeaderBytes);

    /// <summary>Fragment header: offset, bytes. Meaningless for other types.</summary>
    public ushort FragmentOffset => (ushort)(Wire.U16(in _start, 2) & 0xfff8);

    /// <summary>Fragment header: more fragments follow. Meaningless for other types.</summary>
    public bool MoreFragments => (Wire.U16(in _start, 2) & 1) != 0;

    /// <summary>Fragment header: identification. Meaningless for other types.</summary>
    public uint FragmentId => Wire.U32(in _start, 4);

    /// <summary>Routing header: its type. Meaningless for other types.</summary>
    public byte RoutingType => Wire.U8(in _start, 2);

    /// <summary>Routing header: segments left. Meaningless for other types.</summary>
    public byte SegmentsLeft => Wire.U8(in _start, 3);

    /// <summary>AH: security parameters index. Meaningless for other types.</summary>
    public uint SecurityParametersIndex => Wire.U32(in _start, 4);
}
