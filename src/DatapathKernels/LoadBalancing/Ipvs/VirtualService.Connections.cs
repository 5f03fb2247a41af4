using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <content>Connection counts and the overload thresholds that follow from them.</content>
public sealed partial class VirtualService
{
    /// <summary>
    /// A connection was given to the server. It counts as inactive until <see cref="Activate"/>. At the upper threshold the
    /// server is overloaded and gets no more.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Bind(int id) => BindAt(PositionOf(id));

    /// <summary>As <see cref="Bind"/>, by position in the list.</summary>
    internal void BindAt(int position)
    {
        _servers.AddConnections(position, 0, 1);
        MarkOverload(position);
    }

    /// <summary>As <see cref="BindAt"/>, of a connection that becomes active with its first packet.</summary>
    internal void BindActiveAt(int position)
    {
        _servers.AddConnections(position, 1, 0);
        MarkOverload(position);
    }

    /// <summary>A connection ended. Below the lower threshold (or three quarters of the upper one) an overloaded server recovers.</summary>
    /// <param name="id">The server.</param>
    /// <param name="active">True when it was active.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Unbind(int id, bool active)
    {
        AddConnections(id, active ? -1 : 0, active ? 0 : -1);
        MarkRecovery(id);
    }

    /// <summary>An inactive connection became active: TCP and SCTP by their states.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Activate(int id) => AddConnections(id, 1, -1);

    /// <summary>An active connection became inactive.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Deactivate(int id) => AddConnections(id, -1, 1);

    /// <summary>Active and inactive connections of a server, and whether it is overloaded.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public (int Active, int Inactive, bool IsOverloaded) LoadOf(int id)
    {
        int position = PositionOf(id);
        ref readonly ServerEntry entry = ref _servers.EntryAt(position);
        return (entry.Active, entry.Inactive, entry.IsOverloaded);
    }

    /// <summary>Puts a server into a state without the connections that lead to it: golden states come as numbers.</summary>
    internal void SetLoad(int id, int active, int inactive, bool overloaded)
    {
        int position = PositionOf(id);
        ref readonly ServerEntry entry = ref _servers.EntryAt(position);
        _servers.AddConnections(position, active - entry.Active, inactive - entry.Inactive);
        _servers.SetOverloaded(position, overloaded);
    }

    /// <summary>A persistence template names the server from now on: no connection, but the overload is looked at as for one.</summary>
    internal void Retain(int id)
    {
        _templates[id]++;
        MarkOverload(PositionOf(id));
    }

    /// <summary>A template that named the server is over.</summary>
    internal void Release(int id)
    {
        _templates[id]--;
        AddConnections(id, 0, 0);
        MarkRecovery(id);
    }

    private void AddConnections(int id, int active, int inactive)
    {
        if (Has(id))
            _servers.AddConnections(_positions[id], active, inactive);
        else if (_removed == null || !_removed.TryAdd(id, active, inactive, _templates))
            Throw.OutOfRange(nameof(id), id, "the service has no server of that id");
    }

    private void MarkOverload(int position)
    {
        ref readonly ServerEntry entry = ref _servers.EntryAt(position);
        if (entry.UpperThreshold != 0 && entry.Connections >= entry.UpperThreshold)
            _servers.SetOverloaded(position, true);
    }

    private void MarkRecovery(int id)
    {
        if (Has(id) && _servers.IsOverloaded(_positions[id]) && HasRecovered(_positions[id]))
            _servers.SetOverloaded(_positions[id], false);
    }

    private int Connections(int position) => _servers.EntryAt(position).Connections;

    private bool HasRecovered(int position)
    {
        RealServer server = _servers.ServerAt(position);
        int connections = Connections(position);
        if (server.LowerThreshold != 0)
            return connections < server.LowerThreshold;
        return server.UpperThreshold == 0 || (long)connections * 4 < (long)server.UpperThreshold * 3;
    }
}
