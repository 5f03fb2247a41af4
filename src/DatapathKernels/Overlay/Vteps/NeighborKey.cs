using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>An address of either family within a network, 24 bytes without a hole; IPv4 in the first four bytes of its place.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 24)]
internal readonly struct NeighborKey(uint vni, in IPv6Address address, bool isV6)
{
    private readonly uint _vni = vni;
    private readonly uint _isV6 = isV6 ? 1u : 0;
    private readonly IPv6Address _address = address;
}
