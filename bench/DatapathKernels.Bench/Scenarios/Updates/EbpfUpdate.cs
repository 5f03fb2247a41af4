using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>The eBPF mode: all frontends anew, or one frontend's backends written again, one of them out or back in, between two packets.</summary>
internal sealed class EbpfUpdate : NodeUpdate
{
    private readonly EbpfDatapath _datapath;
    private readonly EbpfService[] _services;
    private readonly EbpfService[] _fewer;
    private int _next;

    /// <summary>Reads the services.</summary>
    public EbpfUpdate(Cluster cluster, NodeDatapath node)
    {
        _datapath = (EbpfDatapath)node.Datapath;
        _services = [.. EbpfServices.Of(cluster, node.Node, Proxy(node))];
        _fewer = [.. _services.Select(s => s.Backends.Count > 1 ? s with { Backends = [.. s.Backends.Take(s.Backends.Count - 1)] } : s)];
    }

    /// <inheritdoc/>
    public override void Reload()
    {
        using EbpfDatapath fresh = new(_datapath.Network, new EbpfOptions { Connections = 1024, Translations = 1024, Services = Math.Max(64, _services.Length), Seed = 1 });
        foreach (EbpfService service in _services)
            fresh.SetService(service);
    }

    /// <inheritdoc/>
    public override void Change()
    {
        int change = _next++ % (2 * _services.Length);
        _datapath.SetService((change % 2 == 0 ? _fewer : _services)[change / 2]);
    }
}
