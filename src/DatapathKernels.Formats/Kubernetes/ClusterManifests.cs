using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>
/// A whole cluster out of several manifest files, as <c>kubectl get services,endpointslices,nodes,pods,namespaces,networkpolicies -A -o yaml</c>
/// prints them: its services and its policies, fit for a node to be built of them in any mode.
/// </summary>
/// <remarks>
/// <para>
/// Objects may stand in any file and any order. What manifests do not tell, and a node needs, is made up and said in the notes: a node when none is
/// named, and addresses of nodes that have none, from the ranges for benchmarks (RFC 2544, RFC 5180). Pods that policies know are pods of
/// the cluster, whether a Service is before them or not.
/// </para>
/// </remarks>
public sealed class ClusterManifests
{
    private ClusterManifests(Cluster cluster, PolicyModel policies, IReadOnlyList<ManifestNote> notes) =>
        (Cluster, Policies, Notes) = (cluster, policies, notes);

    /// <summary>The cluster: at least one node, every node with an address.</summary>
    public Cluster Cluster { get; }

    /// <summary>Its pods and policies.</summary>
    public PolicyModel Policies { get; }

    /// <summary>What was left out or made up.</summary>
    public IReadOnlyList<ManifestNote> Notes { get; }

    /// <summary>Reads files.</summary>
    /// <param name="files">Names for errors and notes, and their texts: YAML or JSON.</param>
    /// <exception cref="ManifestFormatException">Not YAML or JSON, or a field has a value it cannot have.</exception>
    public static ClusterManifests Read(IEnumerable<(string Name, TextReader Text)> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        ManifestNotes notes = new();
        ManifestCluster cluster = new(notes);
        ManifestPolicies policies = new(notes);
        foreach ((string name, TextReader text) in files)
        {
            notes.File = name;
            foreach ((string kind, ManifestNode node) in ManifestText.Roots(text, name).SelectMany(ManifestText.Objects))
            {
                if (!cluster.TryAdd(kind, node) && !policies.TryAdd(kind, node))
                    notes.Add($"kind {kind}: not a Service, EndpointSlice, Node, NetworkPolicy, Pod or Namespace", node.Line);
            }
        }

        notes.File = "";
        PolicyModel model = policies.Build();
        return new ClusterManifests(new ClusterCompletion(notes).Complete(cluster.Build(), model), model, notes.All);
    }
}
