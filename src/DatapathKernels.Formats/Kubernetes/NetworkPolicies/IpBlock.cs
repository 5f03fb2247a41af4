using System.Net;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>A range of addresses with exceptions. It is about addresses only: pods in the range are in the block.</summary>
/// <param name="Network">The range.</param>
/// <param name="Except">Ranges inside it that do not belong to it.</param>
public sealed record IpBlock(IPNetwork Network, IReadOnlyList<IPNetwork> Except)
{
    /// <summary>True when the address is in the range and in no exception.</summary>
    public bool Contains(IPAddress address) => Network.Contains(address) && !Except.Any(range => range.Contains(address));

    /// <summary>For example <c>10.0.0.0/8 except 10.1.0.0/16</c>.</summary>
    public override string ToString() => Except.Count == 0 ? Network.ToString() : $"{Network} except {string.Join(", ", Except)}";
}
