using DatapathKernels.Formats.Clusters;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

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
        YamlStream stream = [];
        try
        {
            stream.Load(reader);
        }
        catch (YamlException error)
        {
            throw new ManifestFormatException(file, error.Start.Line, error.Start.Column, $"expected YAML or JSON: {error.Message}", error);
        }

        ManifestCluster cluster = new();
        foreach (YamlDocument document in stream.Documents)
            AddObject(cluster, new ManifestNode(file, document.RootNode, ""));
        Cluster result = cluster.Build();
        notes = cluster.Notes;
        return result;
    }

    private static void AddObject(ManifestCluster cluster, ManifestNode node)
    {
        string kind = node.Get("kind").Text();
        switch (kind)
        {
            case "Service":
                cluster.AddService(node);
                break;
            case "EndpointSlice":
                cluster.AddSlice(node);
                break;
            case "Node":
                cluster.AddNode(node);
                break;
            default:
                if (!kind.EndsWith("List", StringComparison.Ordinal))
                    cluster.Note($"kind {kind}: not a Service, EndpointSlice or Node", node.Line);
                foreach (ManifestNode item in node.Items("items"))
                    AddObject(cluster, item);
                break;
        }
    }
}
