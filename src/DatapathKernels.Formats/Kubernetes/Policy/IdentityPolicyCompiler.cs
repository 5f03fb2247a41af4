using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Maps;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Compiles policies to identities, as Cilium does.</summary>
/// <remarks>
/// One difference of meaning: blocks of addresses hold pods and nodes too, as the API's words have it and as Calico reads them.
/// Cilium's hold what is outside of the cluster only; here the ranges around a pod are among the labels of its identity.
/// </remarks>
public static class IdentityPolicyCompiler
{
    /// <summary>Compiles policies.</summary>
    /// <param name="model">The pods and policies.</param>
    /// <param name="node">The node whose pods enforce; null for the pods of all nodes.</param>
    /// <returns>The compiled form; the caller disposes it.</returns>
    public static CompiledIdentities Compile(PolicyModel model, string? node = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        IdentityAllocator identities = new(model, node);
        IdentityEntries entries = new(identities);
        PodPolicy[] local = [.. model.PodPolicies.Where(pod => node is null || pod.Pod.Node == node)];
        for (uint i = 0; i < local.Length; i++)
        {
            if (local[i].Ingress is { } ingress)
                entries.Add(i + 1, PolicyDirection.Ingress, local[i].Pod, ingress);
            if (local[i].Egress is { } egress)
                entries.Add(i + 1, PolicyDirection.Egress, local[i].Pod, egress);
        }

        IdentityPolicy policy = new(OptionsFor(identities, local.Length, entries.Keys.Count));
        Fill(policy, identities, entries, local);
        return new(policy, [.. identities.Identities.OrderBy(identity => identity.Number)], [.. local.Select(pod => pod.Pod)]);
    }

    private static IdentityPolicyOptions OptionsFor(IdentityAllocator identities, int endpoints, int entries)
    {
        IPNetwork[] v4 = [.. identities.Prefixes.Keys.Where(prefix => prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork)];
        IPNetwork[] v6 = [.. identities.Prefixes.Keys.Where(prefix => prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6)];
        return new()
        {
            AddressesV4 = v4.Length,
            AddressesV6 = v6.Length,
            GroupsV4 = AddressPrefix.GroupsBelow(24, v4),
            GroupsV6 = AddressPrefix.GroupsBelow(16, v6),
            Endpoints = endpoints,
            Entries = entries,
        };
    }

    private static void Fill(IdentityPolicy policy, IdentityAllocator identities, IdentityEntries entries, PodPolicy[] local)
    {
        Dictionary<IPNetwork, uint> endpoints = [];
        for (uint i = 0; i < local.Length; i++)
        {
            foreach (IPAddress address in local[i].Pod.Addresses)
                endpoints.Add(AddressPrefix.Of(address), i + 1);
            Check(policy.SetIsolated(i + 1, PolicyDirection.Ingress, local[i].Ingress is not null));
            Check(policy.SetIsolated(i + 1, PolicyDirection.Egress, local[i].Egress is not null));
        }

        foreach ((IPNetwork prefix, LabelledIdentity identity) in identities.Prefixes)
            Check(policy.SetAddress(prefix, identity.Number, endpoints.GetValueOrDefault(prefix)));
        foreach (PolicyKey key in entries.Keys)
            Check(policy.SetEntry(key, PolicyAction.Allow));
    }

    private static void Check(MapError error)
    {
        if (error != MapError.Ok)
            throw new InvalidOperationException($"tables made for these policies do not hold them: {error}");
    }
}
