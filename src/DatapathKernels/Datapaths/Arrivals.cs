using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>A burst that came in, out of its tunnels.</summary>
/// <param name="burst">The frames.</param>
/// <param name="inInterface">Where they came in.</param>
/// <param name="nowMs">The time.</param>
/// <param name="unpacked">Those that were in a tunnel.</param>
/// <param name="refused">Those that a tunnel's end refused.</param>
internal readonly ref struct Arrivals(PacketBurst burst, ushort inInterface, long nowMs, ulong unpacked, ulong refused)
{
    public PacketBurst Burst { get; } = burst;

    public ushort InInterface { get; } = inInterface;

    public long NowMs { get; } = nowMs;

    public ulong Unpacked { get; } = unpacked;

    public ulong Refused { get; } = refused;
}
