using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>Bursts whose packets meet other things on their way.</content>
public sealed partial class IpvsDirector
{
    /// <summary>One packet of the burst that <see cref="Prepare"/> began, whose addresses are still those it came with: as <see cref="Process"/>.</summary>
    /// <param name="packet">Its number in the burst.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="v4">Its key when it is IPv4.</param>
    /// <param name="v6">Its key when it is IPv6.</param>
    /// <param name="mark">Its firewall mark.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="verdict">What became of it.</param>
    /// <returns>The verdict's status.</returns>
    internal IpvsStatus ProcessPrepared(
        int packet, Span<byte> frame, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6, uint mark, long nowMs, out IpvsVerdict verdict)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        verdict = new IpvsVerdict { Server = VirtualService.NoServer };
        bool passed = _index is FlowTableIndex flows && flows.Guesses[packet] is >= 0 and var id
            && TryPass(ref _store[id], ref MemoryMarshal.GetReference(frame), frame.Length, info, v4, _clock.Removals, nowMs, ref verdict);
        return passed ? verdict.Status : Process(frame, info, v4, v6, mark, nowMs, out verdict);
    }
}
