using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Bench.Scenarios.Zones;

/// <summary>Words for what kube-proxy did with the hints on the nodes of a cluster.</summary>
internal static class ZoneFallbacks
{
    /// <summary>For example <c>NoneForZone on 2 of 6 nodes</c>; <c>-</c> where nobody fell back.</summary>
    public static string Describe(TopologyAwareSelection selection)
    {
        IEnumerable<string> parts = selection.Nodes
            .Where(node => node.Fallback != TopologyFallback.None)
            .GroupBy(node => node.Fallback)
            .Select(group => $"{group.Key} on {group.Count()} of {selection.Nodes.Count} nodes");
        string text = string.Join(", ", parts);
        return text.Length == 0 ? "-" : text;
    }
}
