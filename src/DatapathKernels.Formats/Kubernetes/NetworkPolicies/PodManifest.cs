using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>Reads a Pod.</summary>
internal static class PodManifest
{
    /// <summary>Reads it; <paramref name="left"/> says why policies do not reach it, null when they do.</summary>
    public static PolicyPod Read(ManifestNode node, string space, string name, out string? left)
    {
        List<IPAddress> addresses = [], hosts = [];
        string phase = "";
        if (node.TryGet("status", out ManifestNode status))
        {
            addresses = Addresses(status, "podIP");
            hosts = Addresses(status, "hostIP");
            phase = status.Text("phase");
        }

        bool hasSpec = node.TryGet("spec", out ManifestNode spec);
        bool onHost = hasSpec && spec.Flag("hostNetwork") == true;
        left = phase is "Succeeded" or "Failed" ? "pod that has finished: its address is no longer its own"
            : onHost ? "pod on the host's network: traffic of the node, which policies do not tell apart"
            : addresses.Count == 0 ? "pod without an address: not started yet"
            : null;
        return new()
        {
            Namespace = space,
            Name = name,
            Node = hasSpec ? spec.Text("nodeName") : "",
            Labels = node.Get("metadata").Texts("labels"),
            Addresses = addresses,
            HostAddresses = hosts,
            Ports = hasSpec ? Ports(spec) : [],
        };
    }

    /// <summary>The list <c>podIPs</c>, or without it the one in <c>podIP</c>.</summary>
    private static List<IPAddress> Addresses(ManifestNode status, string name)
    {
        List<IPAddress> addresses = status.Items(name + "s").ConvertAll(item => item.Get("ip").Address());
        if (addresses.Count == 0 && status.TryGet(name, out ManifestNode one) && one.Text().Length > 0)
            addresses.Add(one.Address());
        return addresses;
    }

    /// <summary>Ports of containers, and of init containers that go on running beside them.</summary>
    private static List<PodPort> Ports(ManifestNode spec)
    {
        List<PodPort> ports = [];
        List<ManifestNode> containers = spec.Items("containers");
        containers.AddRange(spec.Items("initContainers").Where(container => container.Text("restartPolicy") == "Always"));
        foreach (ManifestNode port in containers.SelectMany(container => container.Items("ports")))
        {
            string name = port.Text("name");
            IpProtocol protocol = PolicyManifest.ReadProtocol(port);
            ManifestNode number = port.Get("containerPort");
            if (port.Port("containerPort") == 0)
                throw number.Expected("a number from 1 to 65535");
            if (name.Length > 0)
                ports.Add(new(name, protocol, port.Port("containerPort")));
        }

        return ports;
    }
}
