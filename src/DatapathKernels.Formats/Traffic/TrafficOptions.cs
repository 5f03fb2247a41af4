namespace DatapathKernels.Formats.Traffic;

/// <summary>What traffic to make over a cluster. Equal options and clusters give equal frames, byte for byte.</summary>
public sealed record TrafficOptions
{
    /// <summary>Everything random comes from this number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Popularity of services: the exponent of Zipf's law, 0 for uniform. Which service has which rank is random.</summary>
    public double Skew { get; init; }

    /// <summary>Share of packets that start a flow, 0 to 1. The default is that of a campus network: one packet in 80.</summary>
    /// <remarks>
    /// 78.6 packets a flow over 30 days at AGH Krakow. The other packets continue a flow chosen at random among the active
    /// ones. The first packet of all always starts a flow.
    /// </remarks>
    public double NewConnectionShare { get; init; } = 1.0 / 80;

    /// <summary>Flows active at one time, 1 or more. When there are so many, a new flow takes the place of a random one.</summary>
    public int ActiveFlows { get; init; } = 10_000;

    /// <summary>Share of flows that go straight to a pod, 0 to 1.</summary>
    public double PodToPodShare { get; init; }

    /// <summary>Share of flows that leave the cluster, 0 to 1. The flows of neither kind go to services.</summary>
    public double OutboundShare { get; init; }

    /// <summary>Share of flows that are IPv6, 0 to 1; null is a half on a dual-stack cluster, else what the cluster has.</summary>
    public double? IPv6Share { get; init; }

    /// <summary>Frame sizes, drawn anew for every packet.</summary>
    public FrameSizes Sizes { get; init; } = FrameSizes.Imix;
}
