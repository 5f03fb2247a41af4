using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

public static partial class InternetChecksum
{
    /// <summary>
    /// The checksum after a 16-bit field changed, by equation 3 of RFC 1624: HC' = ~(~HC + ~m + m'). Linux's
    /// <c>csum_replace2</c>. (Equation 2, of RFC 1141, gives 0xffff where 0x0000 is right.)
    /// </summary>
    /// <remarks>
    /// The three values must be in the same byte order, whichever: all host order, or all as read from the packet. The
    /// field must stand at an even offset of the checksummed data.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Replace16(ushort checksum, ushort oldValue, ushort newValue) =>
        Finish((uint)(ushort)~checksum + (ushort)~oldValue + newValue);

    /// <summary>
    /// The checksum after a 32-bit field (an IPv4 address) changed: Linux's <c>csum_replace4</c>, bit for bit. Never 0xffff.
    /// </summary>
    /// <remarks>The same byte order for all three, and an even offset: see <see cref="Replace16"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Replace32(ushort checksum, uint oldValue, uint newValue) =>
        // The complement is taken at 32 bits, as the kernel does: its upper half is 0xffff, which is zero that never
        // lets the sum become 0x0000.
        (ushort)~Fold((ulong)~(uint)checksum + ~oldValue + newValue);

    /// <summary>What takes a 32-bit field's old value out of a sum and puts its new one in, for <see cref="ReplaceByDifference"/>.</summary>
    internal static ushort Difference(uint oldValue, uint newValue) => Fold((ulong)~oldValue + newValue);

    /// <summary>The checksum after fields changed, by the sum of their <see cref="Difference"/>s (less than 2^28). Never 0xffff.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort ReplaceByDifference(ushort checksum, uint difference) =>
        // The second 0xffff is zero that never lets the sum become 0x0000, as in Replace32.
        (ushort)~Fold((checksum ^ 0xffffu) + 0xffff + difference);

    /// <summary>The checksum after several fields changed. Never 0xffff.</summary>
    /// <param name="checksum">The checksum before.</param>
    /// <param name="removed">The sum of the complements, at 32 bits each, of what the fields were.</param>
    /// <param name="added">The sum of what they are.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort Replace(ushort checksum, ulong removed, ulong added) => (ushort)~Fold(~(uint)checksum + removed + added);

    /// <summary>The checksum after an IPv6 address changed: Linux's <c>inet_proto_csum_replace16</c>. Never 0xffff.</summary>
    /// <remarks>The checksum is as read from the packet (network byte order), like the addresses.</remarks>
    public static ushort Replace128(ushort checksumBe, in IPv6Address oldValue, in IPv6Address newValue)
    {
        ReadOnlySpan<uint> removed = MemoryMarshal.Cast<IPv6Address, uint>(new ReadOnlySpan<IPv6Address>(in oldValue));
        ReadOnlySpan<uint> added = MemoryMarshal.Cast<IPv6Address, uint>(new ReadOnlySpan<IPv6Address>(in newValue));
        ulong sum = ~(uint)checksumBe;
        for (int i = 0; i < 4; i++)
            sum += (ulong)~removed[i] + added[i];
        return (ushort)~Fold(sum);
    }

    /// <summary>
    /// The IPv4 header checksum (host order) after the TTL went down by one: Linux's <c>ip_decrease_ttl</c>. The TTL is the
    /// high half of its word, so the sum falls by 0x0100 and its complement rises by as much.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort DecrementTtl(ushort checksum)
    {
        // ">=" and not ">": 0xfeff becomes 0x0000, never the other zero.
        uint next = checksum + 0x100u;
        return (ushort)(next + (next >= 0xffff ? 1u : 0u));
    }

    /// <summary>
    /// The UDP checksum to put on the wire for a computed one: 0 is sent as 0xffff, because a zero field says that there
    /// is no checksum (RFC 768). TCP and ICMP have no such rule.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ForUdp(ushort checksum) => checksum == 0 ? (ushort)0xffff : checksum;
}
