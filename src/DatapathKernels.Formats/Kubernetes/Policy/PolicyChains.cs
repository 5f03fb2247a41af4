using DatapathKernels.Filtering;
using DatapathKernels.Formats.Ipset;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Policies as iptables chains of one family, and the sets that their rules ask.</summary>
/// <param name="Rules">The filter table as <c>iptables-save</c> prints it.</param>
/// <param name="Sets">The sets.</param>
/// <param name="Interfaces">The interfaces of the pods whose policy it is, in the model's order.</param>
public sealed record PolicyChains(string Rules, IpSetCollection Sets, IReadOnlyList<string> Interfaces)
{
    /// <summary>The sets as <c>ipset save</c> prints them.</summary>
    public string SetsText() => IpSetSaveWriter.Write(Sets, nowMs: 0);
}
