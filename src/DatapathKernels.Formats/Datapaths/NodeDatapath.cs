using System.Net;
using System.Net.Sockets;
using System.Text;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Formats.Kubernetes.Policy;
using DatapathKernels.Formats.Nft;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Formats.Datapaths;

/// <summary>A node of a cluster with everything its packets meet, built in one of the modes.</summary>
public sealed class NodeDatapath : IDisposable
{
    private static readonly UnknownMatch NoBridgePort = new("physdev", "! --physdev-is-in");

    private readonly List<IDisposable> _parts = [];
    private IpvsDirector? _director;

    private NodeDatapath(Cluster cluster, NodeOptions options)
    {
        ClusterNode node = options.NodeName is null ? cluster.Nodes[0] : cluster.Nodes.First(n => n.Name == options.NodeName);
        (Cluster, Node, Options) = (cluster, node, options);
        NodeInterfaces interfaces = new(options.Policies, node.Name);
        Datapath = options.Mode switch
        {
            DatapathMode.Ebpf => Ebpf(interfaces),
            DatapathMode.Ipvs => Ipvs(interfaces),
            DatapathMode.Nftables => Nftables(interfaces),
            _ => Iptables(interfaces),
        };
        _parts.Add(Datapath);
    }

    /// <summary>The cluster.</summary>
    public Cluster Cluster { get; }

    /// <summary>The node.</summary>
    public ClusterNode Node { get; }

    /// <summary>How it was built.</summary>
    public NodeOptions Options { get; }

    /// <summary>What takes packets through it.</summary>
    public Datapath Datapath { get; }

    /// <summary>Its connections; null in eBPF mode, which has a map of its own.</summary>
    public ConntrackTable? Connections { get; private set; }

    /// <summary>The matcher of its IPv4 rules, so that they can be changed while it runs; null in modes without one.</summary>
    public ChainMatcher? RulesV4 { get; private set; }

    /// <summary>The same of IPv6.</summary>
    public ChainMatcher? RulesV6 { get; private set; }

    /// <summary>The virtual services of IPVS mode, so that they can be changed between bursts; null in other modes.</summary>
    public IpvsDirector? Director => _director;

    /// <summary>Native memory of what the node keeps about connections, bytes: its connection table, in IPVS mode also the director's, in eBPF mode all maps.</summary>
    public long ConnectionBytes => (Connections?.MemoryBytes ?? 0) + (_director?.MemoryBytes ?? 0) + ((Datapath as EbpfDatapath)?.MemoryBytes ?? 0);

    /// <summary>Builds a node.</summary>
    /// <exception cref="InvalidOperationException">The cluster has no such node.</exception>
    public static NodeDatapath Build(Cluster cluster, NodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        return new NodeDatapath(cluster, options);
    }

    /// <summary>The interface by which packets come in from the link, and that of a pod of this node.</summary>
    public static ushort LinkInterface => NodeInterfaces.LinkNumber;

    /// <summary>The interface of a pod of this node.</summary>
    public ushort InterfaceOf(IPAddress pod) => new NodeInterfaces(Options.Policies, Node.Name).NumberOf(pod);

    /// <summary>
    /// Gives back the room of connections whose time is over, looking at so many of them: what the kernel's collectors do in the background. In eBPF mode there is
    /// nothing to do: its map is an LRU.
    /// </summary>
    public void Collect(long nowMs, int budget)
    {
        Connections?.Collect(nowMs, budget);
        _director?.Expire(nowMs, budget);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _parts.Count - 1; i >= 0; i--)
            _parts[i].Dispose();
        _parts.Clear();
    }

    private IptablesDatapath Iptables(NodeInterfaces interfaces)
    {
        NodeNetwork network = Keep(NodeNetworks.Build(Cluster, Node, interfaces, Options, []));
        ChainMatcher?[] rules = [.. Families().Select(family => Has(family) ? NodeMatcher(KubeProxyIptables.ToText(Cluster, Proxy(family)), interfaces, null) : null)];
        Connections = Keep(Table());
        (RulesV4, RulesV6) = (rules[0], rules[1]);
        return new IptablesDatapath(network, rules[0], rules[1], Connections, ChainPolicy(interfaces), Options.Seed);
    }

    private NftablesDatapath Nftables(NodeInterfaces interfaces)
    {
        NodeNetwork network = Keep(NodeNetworks.Build(Cluster, Node, interfaces, Options, []));
        NftMatcher?[] tables = [.. Families().Select(family => Has(family) ? Tables(family, interfaces) : null)];
        Connections = Keep(Table());
        return new NftablesDatapath(network, tables[0], tables[1], Connections, ChainPolicy(interfaces), Options.Seed);
    }

    private IpvsDatapath Ipvs(NodeInterfaces interfaces)
    {
        KubeProxyIpvsState?[] states = [.. Families().Select(family => Has(family) ? KubeProxyIpvs.Build(Cluster, Proxy(family)) : null)];
        NodeNetwork network = Keep(NodeNetworks.Build(Cluster, Node, interfaces, Options, states.SelectMany(state => state?.BoundAddresses ?? [])));
        IpvsDirector director = _director = Keep(new IpvsDirector(new IpvsOptions { Capacity = Options.Connections, Seed = Options.Seed, Index = IpvsIndexKind.FlowTable }));
        foreach (KubeProxyIpvsState? state in states)
            state?.Services.AddTo(director);
        ChainMatcher?[] rules = [.. states.Select(state => state is null ? null : NodeMatcher(state.Rules, interfaces, state.Sets))];
        Connections = Keep(Table());
        (RulesV4, RulesV6) = (rules[0], rules[1]);
        return new IpvsDatapath(network, director, rules[0], rules[1], Connections, ChainPolicy(interfaces), Options.Seed);
    }

    private EbpfDatapath Ebpf(NodeInterfaces interfaces)
    {
        NodeNetwork network = Keep(NodeNetworks.Build(Cluster, Node, interfaces, Options, []));
        IdentityPolicy? policy = Options.Policies is null ? null : Keep(IdentityPolicyCompiler.Compile(Options.Policies, Node.Name)).Policy;
        List<EbpfService> services = [.. Families().SelectMany(family => EbpfServices.Of(Cluster, Node, Proxy(family)))];
        EbpfDatapath datapath = new(network, new EbpfOptions
        {
            HasV4 = Has(AddressFamily.InterNetwork),
            HasV6 = Has(AddressFamily.InterNetworkV6),
            Connections = 2 * Options.Connections,
            Services = Math.Max(64, services.Count),
            Affinities = Math.Max(65_536, services.Where(service => service.AffinitySeconds > 0).Sum(service => service.Backends.Count + (service.InsideBackends?.Count ?? 0))),
            Translations = Math.Min(2 * Options.Connections, 524_288),
            Selection = Options.Selection,
            MaglevSize = Options.MaglevSize,
            Seed = Options.Seed,
        }, policy);
        foreach (EbpfService service in services)
            datapath.SetService(service);
        return datapath;
    }

    private ConntrackTable Table() => new(new ConntrackOptions { Max = Options.Connections, Eviction = Options.Eviction, HashKey = Options.Seed == 0 ? null : (Options.Seed, Options.Seed + 1) });

    private KubeProxyOptions Proxy(AddressFamily family) => Options.KubeProxy with { Family = family, NodeName = Node.Name, NodeIP = Node.Addresses.FirstOrDefault(a => a.AddressFamily == family) };

    private static AddressFamily[] Families() => [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private bool Has(AddressFamily family) => Node.Addresses.Any(address => address.AddressFamily == family);

    private ForwardPolicy? ChainPolicy(NodeInterfaces interfaces)
    {
        if (Options.Policies is not { } model)
            return null;
        ChainMatcher[] chains = [.. new[] { IpFamily.V4, IpFamily.V6 }.Select(family =>
        {
            PolicyChains compiled = PolicyChainCompiler.Compile(model, family, Node.Name);
            return Matcher(Parse(compiled.Rules), interfaces, compiled.Sets);
        })];
        return new ForwardPolicy(chains[0], chains[1]);
    }

    /// <summary>The mode's rules with the local ones before them.</summary>
    private ChainMatcher NodeMatcher(string text, NodeInterfaces interfaces, IpSetCollection? sets)
    {
        Ruleset ruleset = Parse(text);
        ForgetBridges(ruleset);
        if (Options.LocalRules is { } local && local.Family == ruleset.Family)
            Prepend(local, ruleset);
        return Matcher(ruleset, interfaces, sets);
    }

    /// <summary>No packet of this node comes in by a bridge's port: what kube-proxy's IPVS mode asks about that holds for every one.</summary>
    private static void ForgetBridges(Ruleset ruleset)
    {
        foreach (Chain chain in ruleset.Tables.SelectMany(table => table.Chains))
        {
            Rule[] rules = [.. chain.Rules];
            if (!rules.Any(rule => rule.Matches.Contains(NoBridgePort)))
                continue;
            chain.Flush();
            foreach (Rule rule in rules)
                chain.Add(new Rule([.. rule.Matches.Where(match => match != NoBridgePort)], rule.Target) { Line = rule.Line });
        }
    }

    private static void Prepend(Ruleset local, Ruleset ruleset)
    {
        foreach (Chain chain in local.Tables.SelectMany(table => table.Chains))
        {
            Chain target = ruleset.GetOrAdd(chain.Table).GetOrAdd(chain.Name);
            for (int i = 0; i < chain.Rules.Count; i++)
                target.Insert(i, chain.Rules[i]);
        }
    }

    private static Ruleset Parse(string text) => IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(text), null, out _);

    private ChainMatcher Matcher(Ruleset ruleset, NodeInterfaces interfaces, IpSetCollection? sets)
    {
        MatcherOptions options = NodeView(interfaces) with { Sets = sets ?? new() };
        return Keep<ChainMatcher>(Options.Mode switch
        {
            DatapathMode.Iptables => new LinearMatcher(ruleset, options),
            DatapathMode.IptablesVector => new VectorMatcher(ruleset, options),
            _ => new IndexedMatcher(ruleset, options),
        });
    }

    private NftMatcher Tables(AddressFamily family, NodeInterfaces interfaces) => Keep(new NftMatcher(
        NftParser.Parse(KubeProxyNftables.ToText(Cluster, Proxy(family))), family == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6, NodeView(interfaces)));

    private MatcherOptions NodeView(NodeInterfaces interfaces) => new()
    {
        Interfaces = interfaces.Names,
        InterfaceAddresses = interfaces.AddressesOf(Node),
        Addresses = new NodeAddresses(Node.Addresses.Select(IpNetwork.Host)),
    };

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }
}
