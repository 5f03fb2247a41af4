using System.Globalization;
using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>Services, their ports and their endpoints.</summary>
public static partial class ClusterGenerator
{
    private static readonly ushort[] TcpPorts = [80, 443, 8080, 8443, 9090, 3306, 5432, 6379, 9092, 27017];
    private static readonly ushort[] UdpPorts = [53, 123, 514, 1812, 5060, 8125];

    /// <summary>The first <see cref="ClusterPlan.Backends"/> pods back the services, in order.</summary>
    private static ClusterService[] MakeServices(ClusterOptions options, in ClusterPlan plan, ClusterPod[] pods)
    {
        SeededRandom random = new(options.Seed, stream: 2);
        ServiceVariety variety = new(options);
        int[] sizes = plan.EndpointCounts;
        random.Shuffle(sizes.AsSpan());
        AddressRange rangeV4 = new(options.ServiceRangeV4), rangeV6 = new(options.ServiceRangeV6);
        int[] offsetsV4 = plan.HasV4 ? random.Sample(sizes.Length, rangeV4.Usable) : [];
        int[] offsetsV6 = plan.HasV6 ? random.Sample(sizes.Length, rangeV6.Usable) : [];

        ClusterService[] services = new ClusterService[sizes.Length];
        int nextPod = 0;
        for (int i = 0; i < services.Length; i++)
        {
            List<IPAddress> addresses = [];
            if (plan.HasV4)
                addresses.Add(rangeV4.At((uint)offsetsV4[i] + 1));
            if (plan.HasV6)
                addresses.Add(rangeV6.At((uint)offsetsV6[i] + 1));
            ReadOnlySpan<ClusterPod> backends = pods.AsSpan(nextPod, sizes[i]);
            nextPod += sizes[i];
            ClusterService service = new()
            {
                Namespace = Name("ns-", i % 50),
                Name = Name("service-", i),
                ClusterIPs = addresses,
                ClientAffinitySeconds = random.NextDouble() < options.AffinityShare ? 10_800 : 0,
                Ports = MakePorts(options, backends, ref random),
            };
            services[i] = variety.Vary(service, i);
        }

        return services;
    }

    private static ServicePort[] MakePorts(ClusterOptions options, ReadOnlySpan<ClusterPod> backends, ref SeededRandom random)
    {
        ServicePort[] ports = new ServicePort[options.PortsPerService];
        for (int i = 0; i < ports.Length; i++)
        {
            bool udp = random.NextDouble() < options.UdpShare;
            ushort[] known = udp ? UdpPorts : TcpPorts;

            // Ports of one service must differ: the first is a well-known one, the others count up from 10000.
            ushort port = i == 0 ? known[random.Below(known.Length)] : (ushort)(10_000 + i);
            ushort target = (ushort)(port < 1024 ? port + 8000 : port);
            ports[i] = new()
            {
                Name = (udp ? "udp-" : "tcp-") + port.ToString(CultureInfo.InvariantCulture),
                Protocol = udp ? IpProtocol.Udp : IpProtocol.Tcp,
                Port = port,
                Endpoints = MakeEndpoints(options, backends, target, ref random),
            };
        }

        return ports;
    }

    private static List<ServiceEndpoint> MakeEndpoints(ClusterOptions options, ReadOnlySpan<ClusterPod> backends, ushort port, ref SeededRandom random)
    {
        List<ServiceEndpoint> endpoints = new(backends.Length);
        foreach (ClusterPod pod in backends)
        {
            double state = random.NextDouble();
            bool terminating = state < options.TerminatingShare;
            bool broken = !terminating && state < options.TerminatingShare + options.NotReadyShare;
            foreach (IPAddress? address in (ReadOnlySpan<IPAddress?>)[pod.IPv4, pod.IPv6])
            {
                if (address is null)
                    continue;
                endpoints.Add(new()
                {
                    Address = address,
                    Port = port,
                    Node = pod.Node.Name,
                    Zone = pod.Node.Zone,
                    Ready = !terminating && !broken,
                    Serving = !broken,
                    Terminating = terminating,
                });
            }
        }

        return endpoints;
    }
}
