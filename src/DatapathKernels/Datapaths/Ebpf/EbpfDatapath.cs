using System.Net;
using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// Cilium's way: a map of services, a table of backends, a connection map that is an LRU, the frontends' names for answers, a source translation map for what
/// comes from outside, and policy by identity. No rule is ever walked.
/// </summary>
/// <remarks>
/// <para>
/// What Cilium does that is left out here: its connection map's collector in user space (an entry whose time is over counts as absent, which is what a collector
/// leads to), fragments, and features beside load balancing, policy and routing. The connection map evicts by <see cref="ClockFlowMap{TKey, TValue}"/>
/// instead of the kernel's LRU, and IPv4 shares it with IPv6.
/// </para>
/// <para>
/// <b>What differs from kube-proxy</b>, as Cilium does. Packets to a ClusterIP from outside the node are dropped. A client outside keeps its address towards a backend on
/// the node, and a pod keeps its own whatever address of a service it asks. A frontend without a backend is answered, with a Local policy too. With
/// <c>externalTrafficPolicy: Local</c> the node's pods may go anywhere; those of other nodes are outside here, where Cilium translates them on their own node. A
/// source range is for every client, one with the load balancer's address too, and is asked before backends are. Node ports do not answer on 127.0.0.1.
/// </para>
/// </remarks>
[SkipLocalsInit]
public sealed partial class EbpfDatapath : Datapath
{
    private readonly EbpfOptions _options;
    private readonly EbpfLifetimes _lifetimes;
    private readonly IdentityPolicy? _policy;
    private readonly CiliumMaglev _maglev;
    private readonly EbpfServiceMap _services;
    private readonly EbpfFlowMap<EbpfConnection> _connections;
    private readonly EbpfFlowMap<EbpfTranslation> _translations;
    private readonly CiliumAffinity<IPv6Address> _affinities;
    private readonly List<EbpfFrontend?> _frontends = [];
    private readonly EbpfBackendTable _backends = new();
    private readonly EbpfBackendSlots _slots = new();
    private ulong _draw;

    /// <summary>Makes a datapath without services.</summary>
    /// <param name="network">The node's place in the network.</param>
    /// <param name="options">Sizes and settings.</param>
    /// <param name="policy">Network policy by identity; null for none. The caller disposes it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size that no map can have.</exception>
    public EbpfDatapath(NodeNetwork network, EbpfOptions options, IdentityPolicy? policy = null)
        : base(network)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _lifetimes, _policy, _maglev) = (options, new EbpfLifetimes(options), policy, new CiliumMaglev(options.MaglevSeed));
        _services = new(Size(options.Services, options.HasV4), Size(options.Services, options.HasV6), options.Seed);
        _connections = new(Size(options.Connections, options.HasV4), Size(options.Connections, options.HasV6), options.Seed);
        _translations = new(Size(options.Translations, options.HasV4), Size(options.Translations, options.HasV6), options.Seed);
        _affinities = new CiliumAffinity<IPv6Address>(options.Affinities, options.Affinities, options.Seed);
        _draw = options.Seed;
    }

    /// <summary>The map of a family that is not spoken is asked like any other, and holds nothing.</summary>
    private static int Size(int entries, bool isSpoken) => isSpoken ? entries : 1;

    /// <summary>Frontends it balances.</summary>
    public int Services => _services.Count;

    /// <summary>Entries of the connection map: one a connection, and one more for one to a service.</summary>
    public int Connections => _connections.Count;

    /// <summary>Its maps' native memory, bytes.</summary>
    public long MemoryBytes => _services.MemoryBytes + _backends.MemoryBytes + _slots.MemoryBytes + _connections.MemoryBytes + _translations.MemoryBytes + _affinities.MemoryBytes;

    /// <summary>Adds a frontend, or replaces the backends of one. Connections keep their backend while any frontend has it.</summary>
    /// <exception cref="ArgumentException">Its address is of a family that is not spoken here.</exception>
    /// <exception cref="InvalidOperationException">The service map is full, or the affinity map of backends.</exception>
    public void SetService(EbpfService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (!(service.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? _options.HasV4 : _options.HasV6))
            Diagnostics.Throw.Argument(nameof(service), $"expected a service of a family that the node speaks, not {service.Address}");
        FlowKeyV6 key = KeyOf(service.Address, service.Port, service.Protocol);
        int id = _services.Find(key, _services.HashOf(key));
        if (id < 0)
        {
            id = _frontends.Count;
            if (id == EbpfConnection.MaxNumber || _services.Set(key, new EbpfServiceEntry(id, default, 0)) != MapError.Ok)
                Diagnostics.Throw.InvalidOperation($"the service map is full with {_services.Count} frontends");
            _frontends.Add(null);
        }

        EbpfFrontend? old = _frontends[id];
        _frontends[id] = FrontendOf(service, id, key);
        Publish(_frontends[id]!, old?.FirstSlot ?? -1);
        Release(old);
        KeepAffinity(_frontends[id]!);
        KeepAffinity(_frontends[id]!.Inside);
    }

    /// <summary>Removes a frontend.</summary>
    /// <returns>False when there is none like it.</returns>
    public bool RemoveService(IPAddress address, ushort port, IpProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(address);
        FlowKeyV6 key = KeyOf(address, port, protocol);
        if (!_services.TryRemove(key, out int id))
            return false;
        Release(_frontends[id]);
        _frontends[id] = null;
        return true;
    }

    private protected override void Release()
    {
        foreach (EbpfFrontend? frontend in _frontends)
        {
            frontend?.Ranges?.Dispose();
            frontend?.Inside?.Ranges?.Dispose();
        }

        _services.Dispose();
        _backends.Dispose();
        _slots.Dispose();
        _flightMemory.Dispose();
        _connections.Dispose();
        _translations.Dispose();
        _affinities.Dispose();
    }

    private EbpfFrontend FrontendOf(EbpfService service, int id, in FlowKeyV6 key) =>
        FrontendOf(service, id, key, service.Backends, service.InsideBackends is { } inside ? FrontendOf(service, id, key, inside, null) : null);

    /// <summary>For clients from outside, or from inside: each kind has affinities of its own, as it has other backends.</summary>
    private EbpfFrontend FrontendOf(EbpfService service, int id, in FlowKeyV6 key, IReadOnlyList<IPEndPoint> to, EbpfFrontend? inside)
    {
        int[] backends = new int[to.Count];
        CiliumBackend[] identities = new CiliumBackend[backends.Length];
        for (int i = 0; i < backends.Length; i++)
        {
            IPEndPoint backend = to[i];
            backends[i] = BackendNumber(backend);
            identities[i] = new CiliumBackend(backend.Address, (ushort)backend.Port, service.Protocol);
        }

        return new EbpfFrontend
        {
            Id = id,
            Key = key,
            Backends = backends,
            Maglev = _options.Selection == BackendSelection.Maglev ? _maglev.Build(identities, _options.MaglevSize) : null,
            IsExternal = service.IsExternal,
            IsClusterIP = service.IsClusterIP,
            AffinitySeconds = service.AffinitySeconds,
            AffinityNumber = ((uint)id << 1) | (inside is null ? 0u : 1),
            Inside = inside,
            Ranges = RangesOf(service),
        };
    }

    private static RouteTableV6? RangesOf(EbpfService service)
    {
        if (service.SourceRanges.Count == 0)
            return null;
        RouteTableV6 ranges = new(service.SourceRanges.Count);
        foreach (IPNetwork range in service.SourceRanges)
        {
            bool ipv4 = range.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
            ranges.Insert(new IPNetwork(range.BaseAddress.MapToIPv6(), range.PrefixLength + (ipv4 ? 96 : 0)), 1);
        }

        return ranges;
    }

    private void Release(EbpfFrontend? frontend)
    {
        if (frontend is null)
            return;
        foreach (int backend in frontend.Backends)
        {
            _backends[backend].Uses--;
            if (frontend.AffinitySeconds > 0)
                _affinities.RemoveBackend(frontend.AffinityNumber, backend);
        }

        frontend.Ranges?.Dispose();
        Release(frontend.Inside);
    }

    private void KeepAffinity(EbpfFrontend? frontend)
    {
        if (frontend is null || frontend.AffinitySeconds == 0)
            return;
        foreach (int backend in frontend.Backends)
        {
            if (_affinities.AddBackend(frontend.AffinityNumber, backend) != MapError.Ok)
                Diagnostics.Throw.InvalidOperation($"the affinity map is full of backends: expected no more than {_options.Affinities}");
        }
    }

    private int BackendNumber(IPEndPoint endPoint)
    {
        int number = _backends.NumberOf(endPoint);
        _backends[number].Uses++;
        return number;
    }

    /// <summary>Says in the map what most packets need to know of a frontend.</summary>
    private void Publish(EbpfFrontend frontend, int oldSlot)
    {
        if (!_slots.TryWrite(frontend.Backends, oldSlot, out int first))
        {
            PublishAgain();
            return;
        }

        frontend.FirstSlot = first;
        _services.Set(frontend.Key, new EbpfServiceEntry(frontend.Id, FlagsOf(frontend), first));
    }

    /// <summary>All of them, when there is no room for another run of backends.</summary>
    private void PublishAgain()
    {
        int needed = 0;
        foreach (EbpfFrontend? frontend in _frontends)
            needed += frontend is null ? 0 : frontend.Backends.Length + 1;
        _slots.Clear(needed);
        foreach (EbpfFrontend? frontend in _frontends)
        {
            if (frontend is not null)
                Publish(frontend, -1);
        }
    }

    private static EbpfServiceFlags FlagsOf(EbpfFrontend frontend) =>
        (frontend.IsClusterIP ? EbpfServiceFlags.ClusterIP : 0)
        | (frontend.IsExternal ? EbpfServiceFlags.External : 0)
        | (frontend.Ranges is not null ? EbpfServiceFlags.HasRanges : 0)
        | (frontend.AffinitySeconds > 0 || frontend.Maglev is not null || frontend.Inside is not null ? EbpfServiceFlags.Chooses : 0);

    /// <summary>A flow that goes there, from nowhere, of the address's family.</summary>
    private static FlowKeyV6 KeyOf(IPAddress address, ushort port, IpProtocol protocol)
    {
        IPv6Address to = new(address.MapToIPv6().GetAddressBytes()), from = ConnectionKeys.IsV4(to) ? ConnectionKeys.Mapped(0) : default;
        return new(from, to, 0, (ushort)IPAddress.HostToNetworkOrder((short)port), protocol);
    }
}
