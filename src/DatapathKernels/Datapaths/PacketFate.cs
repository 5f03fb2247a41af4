using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>What became of a packet.</summary>
/// <param name="Kind">How its way ended.</param>
/// <param name="Reason">Why, when it was dropped or answered.</param>
/// <param name="NextHop">The number of the next hop it goes to, see <see cref="NodeNetwork.HopOf"/>; -1 when it goes nowhere.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PacketFate(FateKind Kind, DropReason Reason, int NextHop)
{
    internal static PacketFate Drop(DropReason reason) => new(FateKind.Dropped, reason, -1);
}
