using System.Security.Cryptography;
using System.Text;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The names of kube-proxy's chains and sets in nftables mode: readable, behind 8 characters of the base32 of their SHA-256, so
/// that they stay different where they are cut.
/// </summary>
/// <remarks>Source: kubernetes pkg/proxy/nftables/proxier.go, servicePortChainNameBase and servicePortEndpointChainNameBase.</remarks>
public static class KubeProxyNftChains
{
    /// <summary>The most characters of a name behind its prefix.</summary>
    public const int MaxLength = 240;

    private const int HashLength = 8;

    /// <summary>What the names of a service port's chains end with, for example <c>ULMVA6XW-ns1/svc1/tcp/p80</c>; in front comes <c>service-</c>, <c>local-</c>, <c>external-</c> or <c>firewall-</c>.</summary>
    public static string ServicePort(ClusterService service, ServicePort port)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(port);
        return Hashed(Readable(service, port));
    }

    /// <summary>What the names of an endpoint's chain and affinity set end with; in front comes <c>endpoint-</c> or <c>affinity-</c>. Colons, which names may not hold, become dots.</summary>
    public static string Endpoint(ClusterService service, ServicePort port, ServiceEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(endpoint);
        return Hashed($"{Readable(service, port)}__{endpoint.Address}/{endpoint.Port}".Replace(':', '.'));
    }

    private static string Readable(ClusterService service, ServicePort port) =>
        $"{service.Namespace}/{service.Name}/{KubeProxyChains.ProtocolName(port.Protocol)}/{port.Name}";

    private static string Hashed(string text)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        ulong bits = 0;
        for (int i = 0; i < 5; i++)
            bits = (bits << 8) | hash[i];
        StringBuilder name = new(text.Length + HashLength + 1);
        for (int i = 0; i < HashLength; i++)
            name.Append(alphabet[(int)(bits >> (35 - (i * 5))) & 31]);
        name.Append('-').Append(text);
        if (name.Length > MaxLength)
            name.Remove(MaxLength - 3, name.Length - MaxLength + 3).Append("...");
        return name.ToString();
    }
}
