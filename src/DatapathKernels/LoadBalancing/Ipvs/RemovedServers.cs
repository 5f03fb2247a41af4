using System.Net;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The servers that were taken out while connections had them, until none has (<c>ip_vs_trash_get_dest</c>): one that is added again before is the same server.
/// </summary>
internal sealed class RemovedServers
{
    private readonly Dictionary<int, RemovedServer> _byId = [];
    private readonly Dictionary<(IPAddress Address, ushort Port), int> _ids = [];

    public void Add(RemovedServer server)
    {
        _byId.Add(server.Id, server);
        _ids[NameOf(server.Server)] = server.Id;
    }

    public bool Has(int id) => _byId.ContainsKey(id);

    /// <summary>The server of that address and port, which is then no longer here; null for none.</summary>
    public RemovedServer? TakeBack(in RealServer server) =>
        _ids.Remove(NameOf(server), out int id) && _byId.Remove(id, out RemovedServer? removed) ? removed : null;

    /// <summary>Changes a server's counts, and forgets one that nothing names any more. False when it is not here.</summary>
    public bool TryAdd(int id, int active, int inactive, ReadOnlySpan<int> templates)
    {
        if (!_byId.TryGetValue(id, out RemovedServer? server))
            return false;
        server.Active += active;
        server.Inactive += inactive;
        if (server.Active + server.Inactive + templates[id] > 0)
            return true;
        _byId.Remove(id);
        if (_ids.TryGetValue(NameOf(server.Server), out int named) && named == id)
            _ids.Remove(NameOf(server.Server));
        return true;
    }

    private static (IPAddress Address, ushort Port) NameOf(in RealServer server) => (server.Address, server.Port);
}
