using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>Reads the corpus' Service and EndpointSlice objects, in Kubernetes' JSON field names, into a cluster.</summary>
internal static class KubernetesModel
{
    public static Cluster Load(JsonElement model)
    {
        List<ClusterService> services = [];
        foreach (JsonElement service in model.GetProperty("services").EnumerateArray())
        {
            JsonElement spec = service.GetProperty("spec");
            string space = Text(service.GetProperty("metadata"), "namespace"), name = Text(service.GetProperty("metadata"), "name");
            List<ServicePort> ports = [];
            foreach (JsonElement port in spec.GetProperty("ports").EnumerateArray())
            {
                ports.Add(new()
                {
                    Name = Text(port, "name"),
                    Protocol = Enum.Parse<IpProtocol>(Text(port, "protocol"), ignoreCase: true),
                    Port = port.GetProperty("port").GetUInt16(),
                    NodePort = port.TryGetProperty("nodePort", out JsonElement nodePort) ? nodePort.GetUInt16() : (ushort)0,
                    Endpoints = Endpoints(model, space, name, Text(port, "name")),
                });
            }

            services.Add(new()
            {
                Namespace = space,
                Name = name,
                ClusterIPs = IPAddress.TryParse(Text(spec, "clusterIP"), out IPAddress? address) ? [address] : [],
                Ports = ports,
                ExternalIPs = [.. Texts(spec, "externalIPs").Select(IPAddress.Parse)],
                LoadBalancerIPs = [.. Ingress(service)],
                LoadBalancerSourceRanges = [.. Texts(spec, "loadBalancerSourceRanges").Select(range => IPNetwork.Parse(range.Trim()))],
                HealthCheckNodePort = spec.TryGetProperty("healthCheckNodePort", out JsonElement health) ? health.GetUInt16() : (ushort)0,
                ExternalTrafficLocal = Text(spec, "externalTrafficPolicy") == "Local",
                InternalTrafficLocal = Text(spec, "internalTrafficPolicy") == "Local",
                ClientAffinitySeconds = Text(spec, "sessionAffinity") == "ClientIP"
                    ? spec.GetProperty("sessionAffinityConfig").GetProperty("clientIP").GetProperty("timeoutSeconds").GetInt32()
                    : 0,
            });
        }

        return new Cluster([], [], services, [], []);
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
        InterfaceAddresses = [.. Texts(config, "ifaceAddrs").Select(IPAddress.Parse)],
    };

    public static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IEnumerable<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.GetString()!)
            : [];

    private static IEnumerable<IPAddress> Ingress(JsonElement service) =>
        service.TryGetProperty("status", out JsonElement status)
        && status.TryGetProperty("loadBalancer", out JsonElement balancer)
        && balancer.TryGetProperty("ingress", out JsonElement ingress)
            ? ingress.EnumerateArray().Where(item => Text(item, "ip").Length > 0).Select(item => IPAddress.Parse(Text(item, "ip")))
            : [];

    private static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static List<ServiceEndpoint> Endpoints(JsonElement model, string space, string service, string port)
    {
        List<ServiceEndpoint> endpoints = [];
        foreach (JsonElement slice in model.GetProperty("endpointSlices").EnumerateArray())
        {
            JsonElement metadata = slice.GetProperty("metadata");
            if (Text(metadata, "namespace") != space || Text(metadata.GetProperty("labels"), "kubernetes.io/service-name") != service)
                continue;
            if (!slice.TryGetProperty("ports", out JsonElement ports) || ports.ValueKind != JsonValueKind.Array)
                continue;
            foreach (JsonElement slicePort in ports.EnumerateArray())
            {
                if (Text(slicePort, "name") != port || !slice.TryGetProperty("endpoints", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
                    continue;
                foreach (JsonElement endpoint in list.EnumerateArray())
                    endpoints.Add(Endpoint(endpoint, slicePort.GetProperty("port").GetUInt16()));
            }
        }

        return endpoints;
    }

    /// <summary>A condition that is not given: ready is true, serving is as ready, terminating is false.</summary>
    private static ServiceEndpoint Endpoint(JsonElement endpoint, ushort port)
    {
        bool ready = true, terminating = false;
        bool? serving = null;
        if (endpoint.TryGetProperty("conditions", out JsonElement conditions) && conditions.ValueKind == JsonValueKind.Object)
        {
            ready = !conditions.TryGetProperty("ready", out JsonElement r) || r.ValueKind != JsonValueKind.False;
            serving = conditions.TryGetProperty("serving", out JsonElement s) ? s.ValueKind == JsonValueKind.True : null;
            terminating = Flag(conditions, "terminating");
        }

        return new()
        {
            Address = IPAddress.Parse(endpoint.GetProperty("addresses")[0].GetString()!),
            Port = port,
            Node = Text(endpoint, "nodeName"),
            Zone = Text(endpoint, "zone"),
            Ready = ready,
            Serving = serving ?? ready,
            Terminating = terminating,
        };
    }
}
