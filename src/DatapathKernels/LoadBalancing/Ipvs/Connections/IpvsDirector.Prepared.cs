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
        return _index is FlowTableIndex flows && TryProcessUsual(flows, packet, frame, info, v4, v6, mark, nowMs, ref verdict)
            ? verdict.Status
            : Process(frame, info, v4, v6, mark, nowMs, out verdict);
    }

    /// <summary>A usual packet of a connection that was guessed, or one that opens a connection. False, and nothing is done, for every other.</summary>
    private bool TryProcessUsual(
        FlowTableIndex flows, int packet, Span<byte> frame, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6, uint mark, long nowMs, ref IpvsVerdict verdict)
    {
        for (int id = flows.Guesses[packet]; id >= 0; id = _store[id].Next)
        {
            if (TryPass(ref _store[id], ref MemoryMarshal.GetReference(frame), frame.Length, info, v4, _clock.Removals, nowMs, ref verdict))
                return true;
        }

        return mark == 0 && SeemsToOpen(flows, packet) && flows.Found(packet, info, v4, v6).Id == IpvsConnection.None
            && TryOpen(flows, packet, frame, info, v4, nowMs, ref verdict);
    }
}
