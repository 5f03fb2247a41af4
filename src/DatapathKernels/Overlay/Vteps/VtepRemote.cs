using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Another end of the overlay: a node.</summary>
/// <param name="Address">Its address on the underlay, as on the wire; IPv4 in the first four bytes.</param>
/// <param name="IsV6">The family of that address.</param>
/// <param name="Mac">The MAC address of its tunnel device: where inner frames to the pods behind it go.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct VtepRemote(IPv6Address Address, bool IsV6, MacAddress Mac);
