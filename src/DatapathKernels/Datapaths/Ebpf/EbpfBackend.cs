using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>An address and port that connections are sent to, and the route there, 32 bytes: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct EbpfBackend
{
    public IPv6Address Address;
    public ushort PortBe;

    /// <summary>Frontends that have it; 0 when it is gone, and its connections are to choose again.</summary>
    public int Uses;

    /// <summary>The <see cref="NodeNetwork.Version"/> of which <see cref="Hop"/> is; 0 for none.</summary>
    public uint RoutedAt;

    /// <summary>The next hop's number; -1 without a route.</summary>
    public int Hop;
}
