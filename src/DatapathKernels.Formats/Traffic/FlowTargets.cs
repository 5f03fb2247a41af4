using System.Net;
using System.Runtime.InteropServices;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>Who can talk to whom in one cluster, in the raw form that keys are made of.</summary>
internal sealed class FlowTargets
{
    public FlowTargets(Cluster cluster)
    {
        ServicesV4 = cluster.ServiceKeysV4();
        ServicesV6 = cluster.ServiceKeysV6();
        List<uint> podsV4 = [];
        List<IPv6Address> podsV6 = [];
        Span<byte> bytes = stackalloc byte[16];
        foreach (ClusterPod pod in cluster.Pods)
        {
            if (pod.IPv4 is not null && pod.IPv4.TryWriteBytes(bytes, out _))
                podsV4.Add(MemoryMarshal.Read<uint>(bytes));
            if (pod.IPv6 is not null && pod.IPv6.TryWriteBytes(bytes, out _))
                podsV6.Add(new IPv6Address(bytes));
        }

        PodsV4 = [.. podsV4];
        PodsV6 = [.. podsV6];
        ReachableV4 = Reachable(ServicesV4.Length, i => ServicesV4[i].Protocol);
        ReachableV6 = Reachable(ServicesV6.Length, i => ServicesV6[i].Protocol);
    }

    public ServiceKeyV4[] ServicesV4 { get; }

    public ServiceKeyV6[] ServicesV6 { get; }

    /// <summary>Positions in <see cref="ServicesV4"/> of the TCP and UDP ports; shuffled, they are the order of popularity.</summary>
    public int[] ReachableV4 { get; }

    public int[] ReachableV6 { get; }

    public uint[] PodsV4 { get; }

    public IPv6Address[] PodsV6 { get; }

    /// <summary>Outbound IPv4 goes to the benchmarking range of RFC 2544, 198.18.0.0/15.</summary>
    public static uint OutsideV4(uint random) =>
        (uint)IPAddress.HostToNetworkOrder((int)(0xC612_0000 | (random & 0x0001_FFFF)));

    /// <summary>Outbound IPv6 goes to the documentation range of RFC 3849, 2001:db8::/32.</summary>
    public static IPv6Address OutsideV6(ulong random)
    {
        Span<byte> bytes = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], random);
        return new IPv6Address(bytes);
    }

    private static int[] Reachable(int count, Func<int, IpProtocol> protocol)
    {
        List<int> reachable = [];
        for (int i = 0; i < count; i++)
        {
            if (protocol(i) is IpProtocol.Tcp or IpProtocol.Udp)
                reachable.Add(i);
        }

        return [.. reachable];
    }
}
