using System.Runtime.InteropServices;

namespace DatapathKernels.Formats.Traffic;

/// <summary>What the generator knows of one packet, 12 bytes: the answers a datapath is checked against.</summary>
[StructLayout(LayoutKind.Sequential, Size = 12)]
public readonly struct PacketTruth
{
    /// <summary>Value of <see cref="Service"/> for traffic to no service.</summary>
    public const int NoService = -1;

    internal PacketTruth(int flow, int service, TrafficKind kind, bool isNew, bool isIPv6)
    {
        Flow = flow;
        Service = service;
        Kind = kind;
        IsNew = isNew;
        IsIPv6 = isIPv6;
    }

    /// <summary>Number of the flow, counting from 0 in the order the flows start. No two flows have the same five-tuple.</summary>
    public readonly int Flow;

    /// <summary>
    /// Position of the service port in the cluster's service keys of the packet's family
    /// (<see cref="Clusters.Cluster.ServiceKeysV4"/>, <see cref="Clusters.Cluster.ServiceKeysV6"/>), or <see cref="NoService"/>.
    /// </summary>
    public readonly int Service;

    /// <summary>Where the flow goes.</summary>
    public readonly TrafficKind Kind;

    /// <summary>The packet is the first of its flow; of a TCP flow, its SYN.</summary>
    public readonly bool IsNew;

    /// <summary>The packet is IPv6.</summary>
    public readonly bool IsIPv6;

    /// <summary>For example <c>flow 17 to service 3 (Service), new</c>.</summary>
    public override string ToString() => $"flow {Flow} to service {Service} ({Kind}){(IsNew ? ", new" : "")}";
}
