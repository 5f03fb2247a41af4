using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Hashing;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

/// <summary>
/// The five-tuple of an IPv4 flow and its conntrack zone, 16 bytes:
/// <code>
///  0        4        8       10       12     13   14     16
///  | source | destin.| sport  | dport  | proto| 0  | zone |
/// </code>
/// Addresses and ports are kept as they stand on the wire (network byte order), so bytes 0..11 are one copy from a
/// packet without IP options. The zone is host order.
/// </summary>
/// <remarks>
/// For ICMP the source port holds the echo identifier and the destination port holds type (high byte) and code (low
/// byte), as Linux's conntrack tuple does. Protocols without ports, and fragments other than the first, have both zero.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 16)]
public readonly struct FlowKeyV4 : IFlowKey<FlowKeyV4>, IEquatable<FlowKeyV4>
{
    /// <summary>Source address, network byte order.</summary>
    public readonly uint SourceBe;

    /// <summary>Destination address, network byte order.</summary>
    public readonly uint DestinationBe;

    /// <summary>Source port or ICMP identifier, network byte order.</summary>
    public readonly ushort SourcePortBe;

    /// <summary>Destination port or ICMP type and code, network byte order.</summary>
    public readonly ushort DestinationPortBe;

    /// <summary>IP protocol.</summary>
    public readonly IpProtocol Protocol;

    private readonly byte _reserved;

    /// <summary>Conntrack zone, host order; 0 where zones are not used.</summary>
    public readonly ushort Zone;

    /// <summary>Makes a key from raw network-order values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FlowKeyV4(uint sourceBe, uint destinationBe, ushort sourcePortBe, ushort destinationPortBe, IpProtocol protocol, ushort zone = 0)
    {
        // One store, as wide as the loads that come soon after: see FlowKeyV6.
        uint ports = BitConverter.IsLittleEndian ? sourcePortBe | ((uint)destinationPortBe << 16) : ((uint)sourcePortBe << 16) | destinationPortBe;
        uint last = BitConverter.IsLittleEndian ? (uint)protocol | ((uint)zone << 16) : ((uint)protocol << 24) | zone;
        this = Unsafe.BitCast<Vector128<uint>, FlowKeyV4>(Vector128.Create(sourceBe, destinationBe, ports, last));
    }

    /// <summary>Source port, host order.</summary>
    public ushort SourcePort => Host(SourcePortBe);

    /// <summary>Destination port, host order.</summary>
    public ushort DestinationPort => Host(DestinationPortBe);

    /// <inheritdoc/>
    public static bool IsBitwise => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreEqual(in FlowKeyV4 left, in FlowKeyV4 right) =>
        Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(left) == Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(right);

    /// <inheritdoc/>
    /// <remarks>ICMP is not mirrored here: an echo reply has another type, which only conntrack knows to invert.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FlowKeyV4 Reverse(in FlowKeyV4 key) =>
        new(key.DestinationBe, key.SourceBe, key.DestinationPortBe, key.SourcePortBe, key.Protocol, key.Zone);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in FlowKeyV4 key, ulong seed) => FlowHash.Compute(FlowKeyHash.Word(in key, 0), FlowKeyHash.LastWord(in key, 1, key.Zone), seed);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in FlowKeyV4 key, in HashSecret secret) =>
        FlowHash.Compute(FlowKeyHash.Word(in key, 0), FlowKeyHash.LastWord(in key, 1, key.Zone), in secret);

    /// <inheritdoc/>
    public static void Hash(ReadOnlySpan<FlowKeyV4> keys, Span<ulong> hashes, in HashSecret secret)
    {
        if (BitConverter.IsLittleEndian)
        {
            FlowHash.Compute<NativeIsa>(MemoryMarshal.Cast<FlowKeyV4, ulong>(keys), hashes, in secret);
            return;
        }

        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Hash(in keys[i], in secret);
    }

    /// <inheritdoc/>
    public bool Equals(FlowKeyV4 other) => AreEqual(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowKeyV4 other && AreEqual(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Unsafe.BitCast<FlowKeyV4, UInt128>(this).GetHashCode();

    /// <summary>True when both keys hold the same bytes.</summary>
    public static bool operator ==(FlowKeyV4 left, FlowKeyV4 right) => AreEqual(left, right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(FlowKeyV4 left, FlowKeyV4 right) => !AreEqual(left, right);

    /// <summary>For example <c>10.0.0.1:4000 -> 10.96.0.10:53 Udp zone 0</c>.</summary>
    public override string ToString() =>
        $"{new IPAddress(SourceBe)}:{SourcePort} -> {new IPAddress(DestinationBe)}:{DestinationPort} {Protocol} zone {Zone}";

    private static ushort Host(ushort be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
}
