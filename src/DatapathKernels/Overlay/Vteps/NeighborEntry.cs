using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Who has an address, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = 8)]
internal readonly struct NeighborEntry(MacAddress mac, bool isRouter)
{
    public readonly MacAddress Mac = mac;

    private readonly ushort _isRouter = isRouter ? (ushort)1 : (ushort)0;

    public bool IsRouter => _isRouter != 0;
}
