using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>
/// Reads a cluster's services from what <c>kubectl get services,endpointslices,nodes -A -o yaml</c> (or <c>-o json</c>) prints:
/// lists, single objects, several documents in one file.
/// </summary>
/// <remarks>
/// Services and EndpointSlices make the services, Nodes the nodes; without Nodes, the nodes and zones named by the endpoints
/// stand for them. Everything else is left out and named in the notes.
/// </remarks>
public static class ManifestReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; YAML or JSON.</param>
    /// <param name="notes">What was left out.</param>
    /// <exception cref="ManifestFormatException">Not YAML or JSON, or a field has a value it cannot have.</exception>
    public static Cluster ReadFile(string path, out IReadOnlyList<ManifestNote> notes)
    {
        using StreamReader reader = new(path);
        return Read(reader, path, out notes);
    }

    /// <summary>Reads text.</summary>
    /// <param name="reader">YAML or JSON.</param>
    /// <param name="file">The name for errors.</param>
    /// <param name="notes">What was left out.</param>
    /// <exception cref="ManifestFormatException">Not YAML or JSON, or a field has a value it cannot have.</exception>
    public static Cluster Read(TextReader reader, string file, out IReadOnlyList<ManifestNote> notes)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ManifestCluster cluster = new();
        foreach (ManifestNode root in ManifestText.Roots(reader, file))
        {
            foreach ((string kind, ManifestNode node) in ManifestText.Objects(root))
                AddObject(cluster, kind, node);
        }

        Cluster result = cluster.Build();
        notes = cluster.Notes;
        return result;
    }

    private static void AddObject(ManifestCluster cluster, string kind, ManifestNode node)
    {
        if (!cluster.TryAdd(kind, node))
            cluster.Note($"kind {kind}: not a Service, EndpointSlice or Node", node.Line);
    }
}
