using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The hashes of IPVS's tables (<c>ip_vs_conn.c</c>, <c>ip_vs_ctl.c</c>), for a network namespace whose pointer adds nothing.
/// Addresses and ports as on the wire; IPv4 in the first four bytes.
/// </summary>
public static class IpvsHash
{
    /// <summary>Buckets of the service table.</summary>
    public const int ServiceBuckets = 256;

    /// <summary>Buckets of the table of real servers.</summary>
    public const int ServerBuckets = 16;

    /// <summary>The hash of a connection, by its client's side alone; the bucket is its low bits.</summary>
    /// <param name="client">The client's address.</param>
    /// <param name="ipv6">Its family.</param>
    /// <param name="clientPortBe">Its port, network byte order.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="seed">The random word a kernel draws when it starts.</param>
    public static uint Connection(in IPv6Address client, bool ipv6, ushort clientPortBe, IpProtocol protocol, uint seed)
    {
        uint first = ipv6 ? JenkinsHash.Words(FlowWords.Of(client), seed) : IPv6Address.FirstWord(client);
        return JenkinsHash.Words(first, clientPortBe, (uint)protocol, seed);
    }

    /// <summary>The bucket of a service by its address.</summary>
    public static int Service(in IPv6Address address, bool ipv6, ushort port, IpProtocol protocol) =>
        (int)(((uint)protocol ^ Folded(address, ipv6) ^ (uint)(port >> 8) ^ port) & (ServiceBuckets - 1));

    /// <summary>The bucket of a real server.</summary>
    public static int Server(in IPv6Address address, bool ipv6, ushort port) =>
        (int)((Folded(address, ipv6) ^ (uint)(port >> 4) ^ port) & (ServerBuckets - 1));

    private static uint Folded(in IPv6Address address, bool ipv6) =>
        SchedulingKey.Host(ipv6 ? SchedulingKey.Fold(address) : IPv6Address.FirstWord(address));
}
