using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Overlay;

/// <summary>
/// VXLAN's header (RFC 7348), with the group policy extension: <c>G...I... ....A... group(16) vni(24) reserved(8)</c>.
/// </summary>
public static class VxlanHeader
{
    /// <summary>The port IANA gave it. Linux's own, and Flannel's and Cilium's, is <see cref="LegacyPort"/>.</summary>
    public const ushort Port = 4789;

    /// <summary>The port of before RFC 7348.</summary>
    public const ushort LegacyPort = 8472;

    /// <summary>Bytes of the header.</summary>
    public const int Bytes = 8;

    /// <summary>The largest network identifier.</summary>
    public const uint MaxVni = 0xffffff;

    private const uint HasVni = 0x0800_0000, HasGroup = 0x8000_0000, GroupBits = 0x0048_ffff;

    /// <summary>Writes a header.</summary>
    /// <param name="destination">At least <see cref="Bytes"/> bytes.</param>
    /// <param name="vni">The network, up to <see cref="MaxVni"/>.</param>
    /// <param name="group">The source's policy group (GBP), or null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The network does not fit.</exception>
    public static void Write(Span<byte> destination, uint vni, ushort? group = null)
    {
        if (vni > MaxVni)
            Throw.OutOfRange(nameof(vni), vni, "a VNI has 24 bits");
        BinaryPrimitives.WriteUInt32BigEndian(destination, HasVni | (group is { } id ? HasGroup | id : 0));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], vni << 8);
    }

    /// <summary>Reads a header as Linux does, which drops what it does not know; RFC 7348 would ignore it.</summary>
    /// <param name="bytes">The UDP payload.</param>
    /// <param name="gbp">True when the group policy extension is configured: its bits are known then.</param>
    /// <param name="vni">The network.</param>
    /// <param name="group">The policy group; 0 without one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DecapStatus TryRead(ReadOnlySpan<byte> bytes, bool gbp, out uint vni, out ushort group)
    {
        (vni, group) = (0, 0);
        if (bytes.Length < Bytes)
            return DecapStatus.TruncatedHeader;
        uint flags = BinaryPrimitives.ReadUInt32BigEndian(bytes), network = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        if ((flags & HasVni) == 0)
            return DecapStatus.NoVni;
        uint known = HasVni;
        if (gbp && (flags & HasGroup) != 0)
        {
            known |= HasGroup | GroupBits;
            group = (ushort)flags;
        }

        vni = network >> 8;
        return (flags & ~known) != 0 || (network & 0xff) != 0 ? DecapStatus.ReservedBits : DecapStatus.Ok;
    }
}
