using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// One item of <c>ports</c>: a range of destination ports, or the name of a container's port, which each destination pod gives
/// a number of its own. Protocols without ports match none.
/// </summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="First">The first port; 0 with a <paramref name="Last"/> of 65,535 for every port.</param>
/// <param name="Last">The last port.</param>
/// <param name="Name">The name; null when numbers are given. Then the numbers are 0.</param>
public readonly record struct PolicyPort(IpProtocol Protocol, ushort First, ushort Last, string? Name = null)
{
    /// <summary>True when every port of the protocol is meant, fragments without a port included.</summary>
    public bool IsEveryPort => Name is null && First == 0 && Last == ushort.MaxValue;

    /// <summary>Every port of a protocol.</summary>
    public static PolicyPort Every(IpProtocol protocol) => new(protocol, 0, ushort.MaxValue);
}
