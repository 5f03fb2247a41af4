using System.Net;
using System.Net.Sockets;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>Everything kube-proxy wants of a node in IPVS mode, for one family.</summary>
public sealed class KubeProxyIpvsState
{
    private readonly AddressFamily _family;

    internal KubeProxyIpvsState(AddressFamily family, IpvsTable services, KubeIpvsSets sets, IReadOnlyList<IPAddress> bound, string rules)
    {
        _family = family;
        Services = services;
        Sets = sets.Sets;
        RefusedEntries = sets.Refused;
        BoundAddresses = bound;
        Rules = rules;
    }

    /// <summary>The virtual servers with their real servers, all of weight 1, forwarded by NAT.</summary>
    public IpvsTable Services { get; }

    /// <summary>The sets, 17 of them, empty ones included. Those of IPv6 are named <c>KUBE-6-...</c>.</summary>
    public IpSetCollection Sets { get; }

    /// <summary>
    /// Entries kube-proxy asks for in vain, as <c>set entry</c>: source ranges of length 0, and what is beyond the 65,536 a set holds.
    /// It logs an error and goes on without them.
    /// </summary>
    public IReadOnlyList<string> RefusedEntries { get; }

    /// <summary>The addresses of services that are bound to <c>kube-ipvs0</c>, so that the node takes their packets for its own.</summary>
    public IReadOnlyList<IPAddress> BoundAddresses { get; }

    /// <summary>
    /// The rules, lines ended by <c>\n</c>: as kube-proxy hands them to iptables-restore (nat, then filter), or as iptables-save prints them.
    /// The names of the sets in them are those of <see cref="Sets"/>.
    /// </summary>
    public string Rules { get; }

    /// <summary>
    /// What stands after a sync on a node where services are programmed already. A real server that is not wanted any more gets
    /// weight 0 for as long as it has connections, when its service is TCP; others go at once, as do services nobody wants.
    /// </summary>
    /// <remarks>
    /// Source: kubernetes pkg/proxy/ipvs, syncEndpoint and graceful_termination.go. Servers that stay keep their place; one that
    /// comes back while it drains is added anew. Services of the other family, and those of marks, are not kube-proxy's here.
    /// </remarks>
    /// <param name="programmed">The services there are.</param>
    /// <param name="hasConnections">True when a real server of a service has connections, active or not.</param>
    public IpvsTable SyncFrom(IpvsTable programmed, Func<IpvsServiceId, RealServer, bool> hasConnections)
    {
        ArgumentNullException.ThrowIfNull(programmed);
        ArgumentNullException.ThrowIfNull(hasConnections);
        IEnumerable<IpvsServiceEntry> others = programmed.Services.Where(service => service.Id.Mark != 0 || service.Id.Address.AddressFamily != _family);
        return new([.. others, .. Services.Services.Select(wanted => Sync(wanted, programmed.Find(wanted.Id), hasConnections))]);
    }

    private static IpvsServiceEntry Sync(IpvsServiceEntry wanted, IpvsServiceEntry? programmed, Func<IpvsServiceId, RealServer, bool> hasConnections)
    {
        if (programmed is null)
            return wanted;
        List<RealServer> servers = [];
        foreach (RealServer server in programmed.Servers)
        {
            bool stays = wanted.Servers.Any(other => IsSame(other, server));
            if (stays && server.Weight != 0)
                servers.Add(server);
            else if (!stays && wanted.Id.Protocol == IpProtocol.Tcp && hasConnections(wanted.Id, server))
                servers.Add(server with { Weight = 0 });
        }

        servers.AddRange(wanted.Servers.Where(server => !servers.Exists(other => IsSame(other, server))));
        return wanted with { Servers = servers };
    }

    private static bool IsSame(RealServer one, RealServer other) => one.Address.Equals(other.Address) && one.Port == other.Port;
}
