namespace DatapathKernels.LoadBalancing;

/// <content>Connection counts and the overload thresholds that follow from them.</content>
public sealed partial class VirtualService
{
    /// <summary>
    /// A connection was given to the server. It counts as inactive until <see cref="Activate"/>. At the upper threshold the
    /// server is overloaded and gets no more.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Bind(int id)
    {
        int position = PositionOf(id);
        _servers.AddConnections(position, 0, 1);
        int upper = _servers.ServerAt(position).UpperThreshold;
        if (upper != 0 && Connections(position) >= upper)
            _servers.SetOverloaded(position, true);
    }

    /// <summary>A connection ended. Below the lower threshold (or three quarters of the upper one) an overloaded server recovers.</summary>
    /// <param name="id">The server.</param>
    /// <param name="active">True when it was active.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Unbind(int id, bool active)
    {
        int position = PositionOf(id);
        _servers.AddConnections(position, active ? -1 : 0, active ? 0 : -1);
        if (_servers.IsOverloaded(position) && HasRecovered(position))
            _servers.SetOverloaded(position, false);
    }

    /// <summary>An inactive connection became active: TCP and SCTP by their states.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Activate(int id) => _servers.AddConnections(PositionOf(id), 1, -1);

    /// <summary>An active connection became inactive.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Deactivate(int id) => _servers.AddConnections(PositionOf(id), -1, 1);

    /// <summary>Active and inactive connections of a server, and whether it is overloaded.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public (int Active, int Inactive, bool IsOverloaded) LoadOf(int id)
    {
        int position = PositionOf(id);
        return (_servers.Active[position], _servers.Inactive(position), _servers.IsOverloaded(position));
    }

    /// <summary>Puts a server into a state without the connections that lead to it: golden states come as numbers.</summary>
    internal void SetLoad(int id, int active, int inactive, bool overloaded)
    {
        int position = PositionOf(id);
        _servers.AddConnections(position, active - _servers.Active[position], inactive - _servers.Inactive(position));
        _servers.SetOverloaded(position, overloaded);
    }

    private int Connections(int position) => _servers.Active[position] + _servers.Inactive(position);

    private bool HasRecovered(int position)
    {
        RealServer server = _servers.ServerAt(position);
        int connections = Connections(position);
        if (server.LowerThreshold != 0)
            return connections < server.LowerThreshold;
        return server.UpperThreshold == 0 || (long)connections * 4 < (long)server.UpperThreshold * 3;
    }
}
