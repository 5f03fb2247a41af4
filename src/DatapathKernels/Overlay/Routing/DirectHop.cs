using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Where a routed packet goes.</summary>
/// <param name="Mac">The neighbour's MAC address: the new destination.</param>
/// <param name="FromMac">The MAC address of the port it leaves by: the new source.</param>
/// <param name="Port">That port, a number of the caller's.</param>
public readonly record struct DirectHop(MacAddress Mac, MacAddress FromMac, uint Port);
