using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>An address and port that connections are sent to.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfBackend
{
    public IPv6Address Address;
    public ushort PortBe;

    /// <summary>Frontends that have it; 0 when it is gone, and its connections are to choose again.</summary>
    public int Uses;
}
