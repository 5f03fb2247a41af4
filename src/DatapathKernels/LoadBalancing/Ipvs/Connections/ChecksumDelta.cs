using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// What a rewrite that is always the same adds to a checksum (RFC 1624), worked out once: the ones' complement sum of what it takes away, inverted, and of what it
/// puts there. Mending then is one addition with its carry, bit for bit what <see cref="InternetChecksum.Replace32"/> gives.
/// </summary>
/// <remarks>0 only when both sums are 0 throughout; any other sum that is worth nothing is 0xffff.</remarks>
internal readonly struct ChecksumDelta(ushort sum)
{
    private readonly ushort _sum = sum;

    /// <summary>The delta of a rewrite.</summary>
    /// <param name="removed">The sum of the inverted old values.</param>
    /// <param name="added">The sum of the new ones.</param>
    public static ChecksumDelta Of(ulong removed, ulong added) => new((ushort)~InternetChecksum.Replace(ushort.MaxValue, removed, added));

    /// <summary>The delta of the rewrite that takes this one back.</summary>
    public ChecksumDelta Inverse => new(_sum == ushort.MaxValue ? _sum : (ushort)~_sum);

    /// <summary>The checksum after the rewrite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Mend(ushort checksum)
    {
        uint sum = (uint)(ushort)~checksum + _sum;
        return (ushort)~((sum & ushort.MaxValue) + (sum >> 16));
    }
}
