using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>The next station of a packet.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mac">Its MAC address: the frame's destination. Through a tunnel: that of the remote end's tunnel device.</param>
/// <param name="Interface">The interface that leads to it; the caller's number.</param>
/// <param name="Tunnel">The tunnel, when it is one.</param>
public sealed record RouteTarget(RouteTargetKind Kind, MacAddress Mac = default, ushort Interface = 0, UdpTunnel? Tunnel = null);
