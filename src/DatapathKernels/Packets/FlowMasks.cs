namespace DatapathKernels.Packets;

/// <summary>Which packets of a burst have a flow key, one bit each: bit i is packet i. No packet is in both.</summary>
/// <param name="V4">Packets whose <see cref="FlowKeyV4"/> was written.</param>
/// <param name="V6">Packets whose <see cref="FlowKeyV6"/> was written.</param>
public readonly record struct FlowMasks(ulong V4, ulong V6)
{
    /// <summary>Packets with a key of either family. The others' <see cref="PacketInfo.Status"/> says why they have none.</summary>
    public ulong Any => V4 | V6;
}
