using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>EndpointSlices.</summary>
internal sealed partial class ManifestCluster
{
    public void AddSlice(ManifestNode node)
    {
        ManifestNode metadata = node.Get("metadata");
        if (IsForOthers(metadata, node.Line))
            return;
        if (!_knownSlices.Add((metadata.Text("namespace"), metadata.Text("name"))))
        {
            Note($"EndpointSlice {metadata.Text("namespace")}/{metadata.Text("name")}: in the file before", node.Line);
            return;
        }

        string service = metadata.TryGet("labels", out ManifestNode labels) ? labels.Text(ServiceNameLabel) : "";
        if (service.Length == 0)
        {
            Note($"EndpointSlice without label {ServiceNameLabel}: belongs to no Service", node.Line);
            return;
        }

        if (node.Text("addressType") is not ("IPv4" or "IPv6" or ""))
        {
            Note($"EndpointSlice of type {node.Text("addressType")}: no addresses for a proxy", node.Line);
            return;
        }

        List<ManifestNode> endpoints = node.Items("endpoints");
        foreach (ManifestNode port in node.Items("ports"))
        {
            if (!port.TryGet("port", out _))
            {
                Note("EndpointSlice port without a number: for consumers that are not proxies", port.Line);
                continue;
            }

            List<ServiceEndpoint> list = EndpointsOf(metadata.Text("namespace"), service, port.Text("name"));
            foreach (ManifestNode endpoint in endpoints)
                AddEndpoint(list, endpoint, port.Port("port"));
        }
    }

    private List<ServiceEndpoint> EndpointsOf(string space, string service, string port)
    {
        if (!_endpoints.TryGetValue((space, service, port), out List<ServiceEndpoint>? list))
            _endpoints.Add((space, service, port), list = []);
        return list;
    }

    /// <summary>A condition that is not given: ready is true, serving is as ready, terminating is false. Proxies use the first address only.</summary>
    private static void AddEndpoint(List<ServiceEndpoint> list, ManifestNode endpoint, ushort port)
    {
        bool? ready = null, serving = null, terminating = null;
        if (endpoint.TryGet("conditions", out ManifestNode conditions))
            (ready, serving, terminating) = (conditions.Flag("ready"), conditions.Flag("serving"), conditions.Flag("terminating"));
        List<ManifestNode> addresses = endpoint.Items("addresses");
        if (addresses.Count == 0)
            throw endpoint.Expected("at least one of addresses");
        list.Add(new()
        {
            Address = addresses[0].Address(),
            Port = port,
            Node = endpoint.Text("nodeName"),
            Zone = endpoint.Text("zone"),
            ZoneHints = endpoint.TryGet("hints", out ManifestNode hints) ? hints.Items("forZones").ConvertAll(zone => zone.Text("name")) : [],
            NodeHints = endpoint.TryGet("hints", out ManifestNode nodeHints) ? nodeHints.Items("forNodes").ConvertAll(name => name.Text("name")) : [],
            Ready = ready ?? true,
            Serving = serving ?? ready ?? true,
            Terminating = terminating ?? false,
        });
    }
}
