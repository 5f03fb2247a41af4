using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Policies as identities and a policy map.</summary>
public sealed class CompiledIdentities : IDisposable
{
    internal CompiledIdentities(IdentityPolicy policy, IReadOnlyList<LabelledIdentity> identities, IReadOnlyList<PolicyPod> endpoints)
    {
        Policy = policy;
        Identities = identities;
        Endpoints = endpoints;
    }

    /// <summary>Decides about packets.</summary>
    public IdentityPolicy Policy { get; }

    /// <summary>The identities in use, in the order of their numbers; the world is not among them.</summary>
    public IReadOnlyList<LabelledIdentity> Identities { get; }

    /// <summary>The pods whose policy it is; endpoint 1 is the first.</summary>
    public IReadOnlyList<PolicyPod> Endpoints { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Policy.Dispose();
}
