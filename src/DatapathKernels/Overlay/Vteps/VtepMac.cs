using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>A MAC address within a network, 12 bytes without a hole: the key of <see cref="VtepTable"/>'s forwarding database.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = 12)]
internal readonly struct VtepMac(uint vni, MacAddress mac)
{
    private readonly uint _vni = vni;
    private readonly MacAddress _mac = mac;
    private readonly ushort _zero;
}
