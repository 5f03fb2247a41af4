using System.Net;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>An identity and what all of its addresses have in common.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Labels">Its labels, with what gave them: <c>k8s:app=db</c>, <c>cidr:10.0.0.0/8</c>, <c>port:http/Tcp=8080</c>, <c>host:10.0.0.1</c>.</param>
/// <param name="Pod">One of its pods, which stands for all; null when it has none.</param>
/// <param name="Ranges">The ranges of blocks and exceptions that hold its addresses.</param>
public sealed record LabelledIdentity(uint Number, IReadOnlyList<string> Labels, PolicyPod? Pod, IReadOnlySet<IPNetwork> Ranges);
