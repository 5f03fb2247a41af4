using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One node: its name, its zone, its addresses and the ranges its pods take theirs from.</summary>
/// <param name="Name">Host name.</param>
/// <param name="Zone">Topology zone; empty when the cluster has none.</param>
/// <param name="Addresses">The node's own addresses, one of each family of the cluster.</param>
/// <param name="PodRanges">The pod range of each family.</param>
public sealed record ClusterNode(
    string Name,
    string Zone,
    IReadOnlyList<IPAddress> Addresses,
    IReadOnlyList<IPNetwork> PodRanges);
