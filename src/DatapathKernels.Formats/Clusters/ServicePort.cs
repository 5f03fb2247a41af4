using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One port of a service, with the endpoints behind it.</summary>
public sealed record ServicePort
{
    /// <summary>The port's name, for example <c>http</c>; empty for the only port of a service.</summary>
    public string Name { get; init; } = "";

    /// <summary>TCP, UDP or SCTP.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    /// <summary>The port clients connect to on the cluster IP.</summary>
    public required ushort Port { get; init; }

    /// <summary>The port clients connect to on every node; 0 when the port has none.</summary>
    public ushort NodePort { get; init; }

    /// <summary>Endpoints of every family and condition.</summary>
    public IReadOnlyList<ServiceEndpoint> Endpoints { get; init; } = [];
}
