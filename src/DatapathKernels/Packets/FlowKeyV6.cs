using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Hashing;

namespace DatapathKernels.Packets;

/// <summary>
/// The five-tuple of an IPv6 flow and its conntrack zone, 40 bytes:
/// <code>
///  0        16       32      34      36      37   38     40
///  | source | destin.| sport | dport | proto | 0  | zone |
/// </code>
/// Addresses and ports are kept in network byte order, the zone in host order. See <see cref="FlowKeyV4"/> for ICMP.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 40)]
public readonly struct FlowKeyV6 : IFlowKey<FlowKeyV6>, IEquatable<FlowKeyV6>
{
    private const int LastOffset = 32;

    /// <summary>Source address.</summary>
    public readonly IPv6Address Source;

    /// <summary>Destination address.</summary>
    public readonly IPv6Address Destination;

    /// <summary>Source port or ICMP identifier, network byte order.</summary>
    public readonly ushort SourcePortBe;

    /// <summary>Destination port or ICMP type and code, network byte order.</summary>
    public readonly ushort DestinationPortBe;

    /// <summary>The upper-layer protocol, after any extension headers.</summary>
    public readonly IpProtocol Protocol;

    private readonly byte _reserved;

    /// <summary>Conntrack zone, host order; 0 where zones are not used.</summary>
    public readonly ushort Zone;

    /// <summary>Makes a key from raw network-order values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FlowKeyV6(in IPv6Address source, in IPv6Address destination, ushort sourcePortBe, ushort destinationPortBe, IpProtocol protocol, ushort zone = 0)
        : this(Vector256.Create(source.Bits, destination.Bits), LastWord(sourcePortBe, destinationPortBe, protocol, zone))
    {
    }

    /// <summary>
    /// Two stores as wide as the loads that come soon after, of hashes, compares and copies: a load waits for the cache when it spans several younger stores,
    /// three times as long as a key takes otherwise.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FlowKeyV6(Vector256<byte> addresses, ulong last)
    {
        Unsafe.SkipInit(out this);
        ref byte start = ref Unsafe.As<FlowKeyV6, byte>(ref this);
        addresses.StoreUnsafe(ref start);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, LastOffset), last);
    }

    /// <summary>Source port, host order.</summary>
    public ushort SourcePort => Host(SourcePortBe);

    /// <summary>Destination port, host order.</summary>
    public ushort DestinationPort => Host(DestinationPortBe);

    /// <inheritdoc/>
    public static bool IsBitwise => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreEqual(in FlowKeyV6 left, in FlowKeyV6 right)
    {
        // Bytes 0..31 as one vector, 32..39 as one word: nothing is read twice.
        ref byte a = ref Unsafe.As<FlowKeyV6, byte>(ref Unsafe.AsRef(in left));
        ref byte b = ref Unsafe.As<FlowKeyV6, byte>(ref Unsafe.AsRef(in right));
        return Vector256.LoadUnsafe(ref a) == Vector256.LoadUnsafe(ref b)
            && Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref a, 32)) == Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref b, 32));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FlowKeyV6 Reverse(in FlowKeyV6 key) =>
        new(key.Destination, key.Source, key.DestinationPortBe, key.SourcePortBe, key.Protocol, key.Zone);

    /// <summary>The same flow in another zone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static FlowKeyV6 InZone(in FlowKeyV6 key, ushort zone)
    {
        ref byte start = ref Unsafe.As<FlowKeyV6, byte>(ref Unsafe.AsRef(in key));
        ulong last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, LastOffset));
        ulong other = BitConverter.IsLittleEndian ? (last & 0x0000_ffff_ffff_ffff) | ((ulong)zone << 48) : (last & ~0xfffful) | zone;
        return new(Vector256.LoadUnsafe(ref start), other);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in FlowKeyV6 key, ulong seed) => FlowHash.Compute(
        FlowKeyHash.Word(in key, 0), FlowKeyHash.Word(in key, 1), FlowKeyHash.Word(in key, 2), FlowKeyHash.Word(in key, 3),
        FlowKeyHash.LastWord(in key, 4, key.Zone), seed);

    /// <inheritdoc/>
    public bool Equals(FlowKeyV6 other) => AreEqual(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowKeyV6 other && AreEqual(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Source, Destination, SourcePortBe, DestinationPortBe, Protocol, Zone);

    /// <summary>True when both keys hold the same bytes.</summary>
    public static bool operator ==(FlowKeyV6 left, FlowKeyV6 right) => AreEqual(left, right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(FlowKeyV6 left, FlowKeyV6 right) => !AreEqual(left, right);

    /// <summary>For example <c>[fd00::1]:4000 -> [fd00:10:96::a]:53 Udp zone 0</c>.</summary>
    public override string ToString() => $"[{Source}]:{SourcePort} -> [{Destination}]:{DestinationPort} {Protocol} zone {Zone}";

    /// <summary>Ports, protocol and zone as they stand in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LastWord(ushort sourcePortBe, ushort destinationPortBe, IpProtocol protocol, ushort zone) => BitConverter.IsLittleEndian
        ? sourcePortBe | ((uint)destinationPortBe << 16) | ((ulong)protocol << 32) | ((ulong)zone << 48)
        : ((ulong)sourcePortBe << 48) | ((ulong)destinationPortBe << 32) | ((ulong)protocol << 24) | zone;

    private static ushort Host(ushort be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
}
