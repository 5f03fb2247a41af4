using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>A container port with a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Number">The port.</param>
public readonly record struct PodPort(string Name, IpProtocol Protocol, ushort Number);
