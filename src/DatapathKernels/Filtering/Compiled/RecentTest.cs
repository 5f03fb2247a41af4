namespace DatapathKernels.Filtering;

/// <summary>A <see cref="RecentMatch"/> with its list as a number and its times in milliseconds.</summary>
internal readonly record struct RecentTest(RecentMode Mode, int List, PacketSide Side, UInt128 Mask, long AgeMs, uint HitCount, bool Reap, bool SameTtl);
