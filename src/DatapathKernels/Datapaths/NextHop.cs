using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// A <see cref="RouteTarget"/> as a packet meets it: half a cache line in place of an object, 24 bytes:
/// <code>
///  0                  12    16     17       18          20  24
///  | MAC to, MAC from | MTU | kind | tunnel | interface |   |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 24)]
internal readonly struct NextHop
{
    private readonly MacPair _macs;

    /// <summary>The longest IP packet that goes this way, bytes; what a tunnel adds is taken off.</summary>
    public readonly int Mtu;

    /// <summary>What it is.</summary>
    public readonly RouteTargetKind Kind;

    /// <summary>A tunnel leads there.</summary>
    public readonly bool HasTunnel;

    /// <summary>The number of the interface.</summary>
    public readonly ushort Interface;

    public NextHop(RouteTarget target, MacAddress own, int linkMtu)
    {
        _macs = new MacPair(target.Mac, own);
        (Kind, HasTunnel, Interface, Mtu) = (target.Kind, target.Tunnel is not null, target.Interface, linkMtu - (target.Tunnel?.OverheadBytes ?? 0));
    }

    /// <summary>Writes both MAC addresses of a frame, its first 12 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteMacs(ref byte frame) => _macs.Write(ref frame);
}
