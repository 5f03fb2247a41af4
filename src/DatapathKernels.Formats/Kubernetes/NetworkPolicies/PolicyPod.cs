using System.Net;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>What policies see of a pod.</summary>
public sealed record PolicyPod
{
    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The node it runs on; empty when not told.</summary>
    public string Node { get; init; } = "";

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The labels of its namespace, <c>kubernetes.io/metadata.name</c> among them.</summary>
    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its addresses, one a family.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The addresses of its node, which it always talks with.</summary>
    public IReadOnlyList<IPAddress> HostAddresses { get; init; } = [];

    /// <summary>The named ports of its containers.</summary>
    public IReadOnlyList<PodPort> Ports { get; init; } = [];

    /// <summary>For example <c>shop/web-0</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
