namespace DatapathKernels.Filtering;

/// <content>Tests of the packet's connection.</content>
public abstract partial class ChainMatcher
{
    // The connection of the packet under way, filled only for programs that look at it.
    private ConnectionRecord _connection;
    private bool _hasConnection;

    internal static bool HasConnection(in PacketMeta meta) =>
        (meta.State & (ConnectionStates.New | ConnectionStates.Established | ConnectionStates.Related)) != 0;

    /// <summary>Without a connection neither a test nor its negation matches, but beside a state that did both do.</summary>
    private ExtraResult TestConnection(in ExtraMatch extra, in PacketMeta meta)
    {
        bool fitsWithout = extra.Kind switch
        {
            ExtraKind.Connection => extra.A != 0,
            ExtraKind.Status => extra.B != 0,
            _ => false,
        };
        if (!HasConnection(meta))
            return fitsWithout ? ExtraResult.Matches : ExtraResult.Differs;
        if (extra.Kind == ExtraKind.Connection && !_hasConnection)
            return ExtraResult.Differs;
        bool fits = extra.Kind switch
        {
            ExtraKind.Connection => _program.ConnectionTests[extra.B].Fits(_connection),
            ExtraKind.Status => ((int)meta.Status & extra.A) != 0,
            _ => (meta.ConnectionMark & extra.C) == extra.B,
        };
        return fits == extra.Negated ? ExtraResult.Differs : ExtraResult.Matches;
    }

    /// <summary>The packet's state with the pseudo states of its connection; a packet without one is invalid unless untracked.</summary>
    internal static ConnectionStates StatesOf(in PacketMeta meta)
    {
        if (!HasConnection(meta))
            return (meta.State & ConnectionStates.Untracked) != 0 ? ConnectionStates.Untracked : ConnectionStates.Invalid;
        ConnectionStates states = meta.State;
        if ((meta.Status & ConnectionStatuses.DestinationNat) != 0)
            states |= ConnectionStates.Dnat;
        if ((meta.Status & ConnectionStatuses.SourceNat) != 0)
            states |= ConnectionStates.Snat;
        return states;
    }

    private void Describe<TConnections>(in PacketMeta meta, ref TConnections connections)
        where TConnections : struct, IConnectionState
    {
        if (_program.ConnectionTests.Length != 0)
            _hasConnection = connections.TryDescribe(meta, out _connection);
    }
}
