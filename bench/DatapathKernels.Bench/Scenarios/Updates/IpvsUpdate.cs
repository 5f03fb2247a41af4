using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>The IPVS mode: all virtual services anew, or one real server out and in again between two packets.</summary>
internal sealed class IpvsUpdate : NodeUpdate
{
    private readonly IpvsTable _table;
    private readonly VirtualService[] _services;
    private int _next;

    /// <summary>Reads the services.</summary>
    public IpvsUpdate(Cluster cluster, NodeDatapath node)
    {
        _table = KubeProxyIpvs.Build(cluster, Proxy(node)).Services;
        _services = [.. node.Director!.Services.Select(s => s.Scheduler).Where(s => s.Count > 0)];
    }

    /// <inheritdoc/>
    public override bool IsIncremental => _services.Length > 0;

    /// <inheritdoc/>
    public override void Reload()
    {
        using IpvsDirector fresh = new(new IpvsOptions { Capacity = 1024, Seed = 1, Index = IpvsIndexKind.FlowTable });
        _table.AddTo(fresh);
    }

    /// <inheritdoc/>
    public override void Change()
    {
        VirtualService service = _services[_next++ % _services.Length];
        int oldest = service.ListOrder[^1];
        RealServer server = service.ServerOf(oldest);
        service.Remove(oldest);
        service.Add(server);
    }
}
