using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;

namespace DatapathKernels.Overlay;

/// <summary>
/// The UDP source port of a tunnel, which tells the underlay's routers one inner flow from another (<c>udp_flow_src_port</c>).
/// </summary>
public static class TunnelSourcePort
{
    /// <summary>The port of a flow.</summary>
    /// <param name="flowHash">A hash of the inner flow, the same for all its packets; 0 for none.</param>
    /// <param name="min">The lowest port, host order.</param>
    /// <param name="max">The end of the range, host order. Linux's range excludes it.</param>
    public static ushort Of(uint flowHash, ushort min, ushort max)
    {
        uint hash = flowHash ^ (flowHash << 16);
        return (ushort)((uint)(((ulong)hash * (uint)(max - min)) >> 32) + min);
    }

    /// <summary>The hash Linux takes for a frame that has no flow: of its MAC addresses and its type.</summary>
    /// <param name="frame">An Ethernet frame.</param>
    /// <exception cref="ArgumentException">Shorter than its Ethernet header.</exception>
    public static uint OfFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 14)
            Throw.Argument(nameof(frame), "expected an Ethernet frame: 14 bytes or more");
        return JenkinsHash.Bytes(frame[..12], MemoryMarshal.Read<ushort>(frame[12..]));
    }
}
