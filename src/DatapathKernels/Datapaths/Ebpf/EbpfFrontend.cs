using DatapathKernels.LoadBalancing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>A frontend as the datapath holds it; replaced as a whole when its backends change.</summary>
internal sealed class EbpfFrontend
{
    public required int Id { get; init; }

    public required FlowKeyV6 Key { get; init; }

    /// <summary>Numbers of its backends.</summary>
    public required int[] Backends { get; init; }

    /// <summary>Where they are in the slots that the service map speaks of.</summary>
    public int FirstSlot { get; set; } = -1;

    public required MaglevTable? Maglev { get; init; }

    public required bool IsExternal { get; init; }

    public required bool IsClusterIP { get; init; }

    public required uint AffinitySeconds { get; init; }

    /// <summary>What affinity knows it by.</summary>
    public required uint AffinityNumber { get; init; }

    /// <summary>The same frontend for clients on the node; null when it is the same to all.</summary>
    public EbpfFrontend? Inside { get; init; }

    /// <summary>Its source ranges; null for everybody.</summary>
    public required RouteTable? Ranges { get; init; }
}
