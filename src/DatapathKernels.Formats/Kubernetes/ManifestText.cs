using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>The documents of a manifest file.</summary>
internal static class ManifestText
{
    /// <summary>The root of each document.</summary>
    /// <exception cref="ManifestFormatException">Not YAML or JSON.</exception>
    public static IEnumerable<ManifestNode> Roots(TextReader reader, string file)
    {
        YamlStream stream = [];
        try
        {
            stream.Load(reader);
        }
        catch (YamlException error)
        {
            throw new ManifestFormatException(file, error.Start.Line, error.Start.Column, $"expected YAML or JSON: {error.Message}", error);
        }

        return stream.Documents.Select(document => new ManifestNode(file, document.RootNode, ""));
    }

    /// <summary>The objects of a root: those in its list, however deep, or itself.</summary>
    public static IEnumerable<(string Kind, ManifestNode Node)> Objects(ManifestNode node)
    {
        string kind = node.Get("kind").Text();
        if (!kind.EndsWith("List", StringComparison.Ordinal))
            yield return (kind, node);
        foreach (ManifestNode item in IsContainer(kind, node) ? node.Items("items") : [])
        {
            foreach ((string Kind, ManifestNode Node) inner in Objects(item))
                yield return inner;
        }
    }

    private static bool IsContainer(string kind, ManifestNode node) =>
        kind is not ("Service" or "EndpointSlice" or "Node" or "NetworkPolicy" or "Pod" or "Namespace") && node.TryGet("items", out _);
}
