using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// One endpoint of one service port, in one address family, with the conditions of its EndpointSlice. A dual-stack
/// service has an endpoint of each family for every pod.
/// </summary>
public sealed record ServiceEndpoint
{
    /// <summary>The pod's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port the pod listens on.</summary>
    public required ushort Port { get; init; }

    /// <summary>Name of the pod's node; empty when unknown, and then local to no node.</summary>
    public string Node { get; init; } = "";

    /// <summary>Zone of the pod's node; empty when unknown.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The zones whose clients should use this endpoint; empty means no hint.</summary>
    public IReadOnlyList<string> ZoneHints { get; init; } = [];

    /// <summary>The nodes whose clients should use this endpoint; empty means no hint. They come before those for zones.</summary>
    public IReadOnlyList<string> NodeHints { get; init; } = [];

    /// <summary>The pod passes its readiness probe and is not going away.</summary>
    public bool Ready { get; init; } = true;

    /// <summary>The pod passes its readiness probe, going away or not.</summary>
    public bool Serving { get; init; } = true;

    /// <summary>The pod is going away.</summary>
    public bool Terminating { get; init; }
}
