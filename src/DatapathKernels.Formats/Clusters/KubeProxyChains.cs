using System.Security.Cryptography;
using System.Text;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The names of kube-proxy's per-service chains: a prefix and the first 16 characters of the base32 of the SHA-256 of
/// service port name and protocol (and of the endpoint), so that they fit iptables' limit of 28 characters.
/// </summary>
/// <remarks>Source: kubernetes pkg/proxy/iptables/proxier.go, portProtoHash and servicePortEndpointChainName.</remarks>
public static class KubeProxyChains
{
    /// <summary>The chain that balances over the service's endpoints, <c>KUBE-SVC-...</c>.</summary>
    /// <param name="portName">As <see cref="ClusterService.PortName"/> gives it.</param>
    /// <param name="protocol">TCP, UDP or SCTP.</param>
    public static string Service(string portName, IpProtocol protocol) => Hashed("KUBE-SVC-", portName + ProtocolName(protocol));

    /// <summary>The chain that balances over the endpoints on this node, <c>KUBE-SVL-...</c>.</summary>
    public static string ServiceLocal(string portName, IpProtocol protocol) => Hashed("KUBE-SVL-", portName + ProtocolName(protocol));

    /// <summary>The chain of traffic to a port's external addresses, <c>KUBE-EXT-...</c>.</summary>
    public static string External(string portName, IpProtocol protocol) => Hashed("KUBE-EXT-", portName + ProtocolName(protocol));

    /// <summary>The chain of a load balancer's source ranges, <c>KUBE-FW-...</c>.</summary>
    public static string Firewall(string portName, IpProtocol protocol) => Hashed("KUBE-FW-", portName + ProtocolName(protocol));

    /// <summary>The chain of one endpoint, <c>KUBE-SEP-...</c>.</summary>
    /// <param name="portName">As <see cref="ClusterService.PortName"/> gives it.</param>
    /// <param name="protocol">TCP, UDP or SCTP.</param>
    /// <param name="endpoint"><c>ip:port</c>, IPv6 in brackets.</param>
    public static string Endpoint(string portName, IpProtocol protocol, string endpoint) =>
        Hashed("KUBE-SEP-", portName + ProtocolName(protocol) + endpoint);

    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    internal static string ProtocolName(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "a service port is TCP, UDP or SCTP"),
    };

    private static string Hashed(string prefix, string text)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);

        // 16 characters of 5 bits are exactly the first 10 bytes: two groups of 40 bits.
        Span<char> name = stackalloc char[25];
        prefix.CopyTo(name);
        for (int group = 0; group < 2; group++)
        {
            ulong bits = 0;
            for (int i = 0; i < 5; i++)
                bits = (bits << 8) | hash[(group * 5) + i];
            for (int i = 0; i < 8; i++)
                name[prefix.Length + (group * 8) + i] = alphabet[(int)(bits >> (35 - (i * 5))) & 31];
        }

        return new string(name[..(prefix.Length + 16)]);
    }
}
