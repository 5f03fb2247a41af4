using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Overlay;

/// <summary>
/// VXLAN's header (RFC 7348), with the group policy extension (GBP): <c>G...I... .D..A... group(16) vni(24) reserved(8)</c>.
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

    /// <summary>Beside a policy group: the receiver is not to learn where the sender is (bit D).</summary>
    public const uint DoNotLearn = 1 << 22;

    /// <summary>Beside a policy group: its policy was applied already (bit A).</summary>
    public const uint PolicyApplied = 1 << 19;

    private const uint HasVni = 0x0800_0000, HasGroup = 0x8000_0000, GroupBits = DoNotLearn | PolicyApplied | ushort.MaxValue, GbpBits = 0x00ff_ffff;

    /// <summary>Writes a header.</summary>
    /// <param name="destination">At least <see cref="Bytes"/> bytes.</param>
    /// <param name="vni">The network, up to <see cref="MaxVni"/>.</param>
    /// <param name="group">The source's policy group, 16 bits, with <see cref="DoNotLearn"/> and <see cref="PolicyApplied"/> or without: Linux's packet mark. Null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The network or the group does not fit.</exception>
    public static void Write(Span<byte> destination, uint vni, uint? group = null)
    {
        if (vni > MaxVni)
            Throw.OutOfRange(nameof(vni), vni, "a VNI has 24 bits");
        if (group is { } marks && (marks & ~GroupBits) != 0)
            Throw.OutOfRange(nameof(group), marks, "a group has 16 bits and two flags");
        BinaryPrimitives.WriteUInt32BigEndian(destination, HasVni | (group is { } id ? HasGroup | id : 0));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], vni << 8);
    }

    /// <summary>Reads a header as Linux does, which drops what it does not know; RFC 7348 would ignore it.</summary>
    /// <param name="bytes">The UDP payload.</param>
    /// <param name="gbp">True when the group policy extension is configured: the 24 bits behind the first eight may then say anything (<c>VXLAN_GBP_USED_BITS</c>).</param>
    /// <param name="vni">The network.</param>
    /// <param name="group">The policy group and its flags, as <see cref="Write"/> takes them; 0 without one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DecapStatus TryRead(ReadOnlySpan<byte> bytes, bool gbp, out uint vni, out uint group)
    {
        (vni, group) = (0, 0);
        if (bytes.Length < Bytes)
            return DecapStatus.TruncatedHeader;
        uint flags = BinaryPrimitives.ReadUInt32BigEndian(bytes), network = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        if ((flags & HasVni) == 0)
            return DecapStatus.NoVni;
        uint known = HasVni | (gbp ? HasGroup | GbpBits : 0);
        if (gbp && (flags & HasGroup) != 0)
            group = flags & GroupBits;
        vni = network >> 8;
        return (flags & ~known) != 0 || (network & 0xff) != 0 ? DecapStatus.ReservedBits : DecapStatus.Ok;
    }
}
