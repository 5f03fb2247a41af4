using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The connections of one node, for <see cref="SimpleConnections"/>: every connection under the tuples of both its directions,
/// at most as many as it was made for. A full table throws expired and then unanswered connections out, else takes no more.
/// </summary>
/// <remarks>
/// Simple, and meant for tests, tools and small nodes: a hash table of the framework, one thread at a time; every new
/// connection is an allocation.
/// </remarks>
public sealed class ConnectionTable
{
    private readonly Dictionary<FlowKeyV6, Connection> _tuples;
    private readonly List<Connection> _all = [];

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most connections it holds.</param>
    /// <param name="ports">Where the search for a free port starts; null for a fixed sequence.</param>
    public ConnectionTable(int capacity = 65536, IRandomSource? ports = null)
    {
        if (capacity < 1)
            Throw.OutOfRange(nameof(capacity), capacity, "at least one connection");
        Capacity = capacity;
        Ports = ports ?? new PacketRandom(0x636f6e6e);
        _tuples = [];
    }

    /// <summary>The most connections it holds.</summary>
    public int Capacity { get; }

    /// <summary>Connections, expired ones that nobody met since included.</summary>
    public int Count => _all.Count;

    internal IRandomSource Ports { get; }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _tuples.Clear();
        _all.Clear();
    }

    /// <summary>The connection of a tuple and the tuple's direction; one whose time is over goes.</summary>
    internal Connection? Find(in FlowKeyV6 tuple, long nowMs, out bool reply)
    {
        reply = false;
        if (!_tuples.TryGetValue(tuple, out Connection? found))
            return null;
        if (found.ExpiresMs <= nowMs)
        {
            Remove(found);
            return null;
        }

        reply = !FlowKeyV6.AreEqual(found.Original, tuple);
        return found;
    }

    /// <summary>Takes a connection in. False when one of its tuples is taken, or there is no room.</summary>
    internal bool TryAdd(Connection connection, long nowMs)
    {
        if (Find(connection.Original, nowMs, out _) is not null || Find(connection.Reply, nowMs, out _) is not null)
            return false;
        if (_all.Count >= Capacity && !MakeRoom(nowMs))
            return false;
        _tuples.Add(connection.Original, connection);
        _tuples.TryAdd(connection.Reply, connection);
        connection.Index = _all.Count;
        _all.Add(connection);
        connection.Status |= ConnectionStatuses.Confirmed;
        return true;
    }

    /// <summary>Takes a connection of the table out of it. It stays confirmed, so that the packet at hand does not put it back.</summary>
    internal void Remove(Connection connection)
    {
        _tuples.Remove(connection.Original);
        if (_tuples.TryGetValue(connection.Reply, out Connection? other) && ReferenceEquals(other, connection))
            _tuples.Remove(connection.Reply);
        Connection last = _all[^1];
        _all[connection.Index] = last;
        last.Index = connection.Index;
        _all.RemoveAt(_all.Count - 1);
    }

    private bool MakeRoom(long nowMs)
    {
        Connection? victim = _all.Find(connection => connection.ExpiresMs <= nowMs)
            ?? _all.Find(connection => (connection.Status & ConnectionStatuses.Assured) == 0);
        if (victim is null)
            return false;
        Remove(victim);
        return true;
    }
}
