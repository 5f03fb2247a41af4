using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>A pod as a sender of traffic: an address of each family of the cluster.</summary>
/// <param name="Node">The node it runs on.</param>
/// <param name="IPv4">IPv4 address, or null in a cluster without IPv4.</param>
/// <param name="IPv6">IPv6 address, or null in a cluster without IPv6.</param>
public sealed record ClusterPod(ClusterNode Node, IPAddress? IPv4, IPAddress? IPv6);
