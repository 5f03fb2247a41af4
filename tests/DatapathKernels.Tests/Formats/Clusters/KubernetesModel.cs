using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>The corpus' Service and EndpointSlice objects, and the configurations beside them.</summary>
internal static class KubernetesModel
{
    /// <summary>The objects as one list, the way kubectl prints them, through the reader of manifests.</summary>
    public static Cluster Load(JsonElement model)
    {
        JsonArray items = [];
        Append(items, model.GetProperty("services"), "Service");
        Append(items, model.GetProperty("endpointSlices"), "EndpointSlice");
        using StringReader text = new(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = items }.ToJsonString());
        return ManifestReader.Read(text, "model", out _);
    }

    private static void Append(JsonArray items, JsonElement objects, string kind)
    {
        foreach (JsonElement item in objects.EnumerateArray())
        {
            JsonObject copy = JsonObject.Create(item.Clone())!;
            copy["kind"] = kind;
            items.Add((JsonNode)copy);
        }
    }

    public static KubeProxyOptions Options(JsonElement config) => new()
    {
        Family = Flag(config, "ipv6") ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
        NodeName = Text(config, "hostname"),
        Order = RulesetOrder.Sorted,
        BaseChains = false,
        PodRange = Text(config, "podCIDR") is { Length: > 0 } range ? IPNetwork.Parse(range) : null,
        DetectLocalTraffic = Flag(config, "localDetector"),
        MasqueradeAll = Flag(config, "masqueradeAll"),
        RandomFully = Flag(config, "randomFully"),
        LocalhostNodePorts = Flag(config, "localhostNodePorts"),
        ConntrackTcpLiberal = Flag(config, "conntrackTCPLiberal"),
        NodeIP = IPAddress.Parse(Text(config, "nodeIP")),
        NodePortAddresses = [.. Texts(config, "nodePortAddresses").Select(IPNetwork.Parse)],
        ServiceRanges = [.. Text(config, "serviceCIDRs").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse)],
        InterfaceAddresses = [.. Texts(config, "ifaceAddrs").Select(IPAddress.Parse)],
    };

    public static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IEnumerable<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.GetString()!)
            : [];

    private static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
