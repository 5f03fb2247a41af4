namespace DatapathKernels.Filtering;

/// <summary><c>-m recent</c>: lists of addresses seen, by name, with the times they were seen at.</summary>
/// <param name="Mode">What it does with the list.</param>
/// <param name="Name">The list; rules that name the same list share it.</param>
/// <param name="Seconds"><c>--seconds</c>: only times this near count; 0 for any age.</param>
/// <param name="HitCount"><c>--hitcount</c>: that many times must count; 0 for one.</param>
/// <param name="Reap"><c>--reap</c>: also drop the oldest entry of the list when it is older than <paramref name="Seconds"/>.</param>
/// <param name="Side"><c>--rsource</c> or <c>--rdest</c>.</param>
/// <param name="Mask"><c>--mask</c>: kept of the address before it is looked up; the number form of <see cref="IpNetwork"/>.</param>
/// <param name="Negated">True for <c>! --rcheck</c> and so on.</param>
/// <param name="SameTtl"><c>--rttl</c>: only an entry that was last seen with this packet's time to live counts.</param>
public sealed record RecentMatch(
    RecentMode Mode,
    string Name,
    uint Seconds,
    uint HitCount,
    bool Reap,
    PacketSide Side,
    UInt128 Mask,
    bool Negated = false,
    bool SameTtl = false) : RuleMatch
{
    /// <summary>The highest <c>--hitcount</c> a list can hold; the kernel refuses more.</summary>
    public const uint MaxHitCount = 65535;
}
