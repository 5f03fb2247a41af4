using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>A node of the reader's own cluster in one of the modes, its connections open: bursts of their packets, and of new connections' first ones, can be sent through it.</summary>
internal sealed class UserNode : IDisposable
{
    // New connections end 120 s after their first packet, and where there is UDP, which IPVS keeps longer than anybody, 300 s;
    // the clock makes that many batches of them live at a time.
    private const int LiveBatches = 32, FirstMs = 120_000, FirstUdpMs = 300_000;

    private readonly PacketFate[] _fates = new PacketFate[ClusterTraffic.Burst];
    private readonly NodeDatapath _node;
    private readonly ClusterTraffic _traffic;
    private readonly int _bursts, _batchMs;
    private long _nowMs = 1000;

    /// <summary>Builds the node and opens the connections.</summary>
    /// <param name="input">The cluster.</param>
    /// <param name="mode">How Services are done.</param>
    /// <param name="overlay">How other nodes are reached.</param>
    /// <param name="hasPolicies">With the reader's policies.</param>
    /// <param name="bursts">Bursts of a batch.</param>
    /// <param name="known">Connections to open, see <see cref="ClusterTraffic"/>; the tables are then sized for them alone. 0 for one a pair, and room for new ones.</param>
    /// <exception cref="InvalidOperationException">A connection did not open, or a packet reached no backend.</exception>
    public UserNode(ClusterInput input, DatapathMode mode, OverlayKind overlay, bool hasPolicies, int bursts, int known = 0)
    {
        _bursts = bursts;
        _batchMs = (input.Groups.Any(group => group.Targets.Any(target => target.Protocol == IpProtocol.Udp)) ? FirstUdpMs : FirstMs) / LiveBatches;
        _node = NodeDatapath.Build(input.Cluster, new NodeOptions
        {
            Mode = mode,
            NodeName = input.Node.Name,
            Overlay = overlay,
            Connections = known > 0 ? known + (known / 16) + 1024 : (ClusterDraw.MostGroups * ClusterTraffic.Burst) + (2 * LiveBatches * Packets),
            Policies = hasPolicies ? input.Policies : null,
            Eviction = EvictionPolicy.LeastUseful,
        });
        _traffic = new ClusterTraffic(_node, input.Groups, bursts, known);
        int opened = _traffic.Open(_nowMs);
        if (opened != _traffic.Known || Established() != Packets || (known == 0 && First() != Packets))
            throw new InvalidOperationException($"{mode}: every packet was expected to reach a backend; {opened} of {_traffic.Known} connections opened");
    }

    /// <summary>The node itself.</summary>
    public NodeDatapath Node => _node;

    /// <summary>Connections that are open.</summary>
    public int Known => _traffic.Known;

    /// <summary>Packets of a batch.</summary>
    public int Packets => _bursts * ClusterTraffic.Burst;

    /// <summary>Fills a batch with packets of known connections.</summary>
    public void PrepareKnown() => _traffic.PrepareKnown();

    /// <summary>Fills a batch with first packets of new connections.</summary>
    public void PrepareNew() => _traffic.PrepareNew();

    /// <summary>Sends the batch; how many of its packets reached a backend.</summary>
    public int Run()
    {
        int done = 0;
        for (int burst = 0; burst < _bursts; burst++)
        {
            _node.Datapath.Process(_traffic.Arena.Burst(burst * ClusterTraffic.Burst, ClusterTraffic.Burst), _traffic.InterfaceOf(burst), _nowMs, _fates);
            foreach (PacketFate fate in _fates)
                done += fate.Kind is FateKind.Forwarded or FateKind.Delivered ? 1 : 0;
        }

        return done;
    }

    /// <summary>Sends one packet of the batch alone; true when it reached a backend.</summary>
    public bool Run(int index)
    {
        _node.Datapath.Process(_traffic.Arena.Burst(index, 1), _traffic.InterfaceOf(index / ClusterTraffic.Burst), _nowMs, _fates);
        return _fates[0].Kind is FateKind.Forwarded or FateKind.Delivered;
    }

    /// <summary>Time passes, and a batch of the oldest new connections is collected.</summary>
    public void Age()
    {
        _nowMs += _batchMs;
        _node.Collect(_nowMs, 2 * Packets);
    }

    /// <summary>A batch of known connections' packets; how many reached a backend.</summary>
    public int Established()
    {
        PrepareKnown();
        return Run();
    }

    /// <summary>A batch of first packets, and the collectors' work on as many older connections; how many reached a backend.</summary>
    public int First()
    {
        PrepareNew();
        int done = Run();
        Age();
        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _traffic.Dispose();
        _node.Dispose();
    }
}
