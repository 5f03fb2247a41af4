using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Session affinity by client address as kube-proxy's iptables mode keeps it: <c>-m recent</c>, one list of clients for every endpoint, asked in
/// the order of the rules (<c>--rcheck --seconds --reap</c>) and written by each new connection (<c>--set</c>).
/// </summary>
/// <remarks>
/// <para>
/// A client keeps its endpoint while each new connection comes at most the timeout after the one before. A list holds 100 clients unless the
/// module was loaded otherwise: one more and the least recently seen is forgotten, so a busy endpoint forgets clients long before their time.
/// </para>
/// <para>
/// Cost: a look into a <see cref="FlowMap{TKey, TValue}"/> for every endpoint up to the client's, as the kernel walks a rule for each. One thread at a
/// time; nothing is allocated after construction.
/// </para>
/// </remarks>
/// <typeparam name="TAddress">The client's address as on the wire: <see cref="uint"/>, or <see cref="Packets.IPv6Address"/>.</typeparam>
public sealed class KubeProxyAffinity<TAddress> : IDisposable
    where TAddress : unmanaged
{
    /// <summary>Clients of an endpoint unless told otherwise (<c>ip_list_tot</c>).</summary>
    public const int DefaultClientsPerEndpoint = 100;

    /// <summary>What a lookup answers when the client has no endpoint that holds.</summary>
    public const int NoEndpoint = -1;

    private readonly FlowMap<RawKey<AffinityKey<TAddress>>, int> _places;
    private readonly RecentClients<TAddress> _clients;
    private readonly int _perEndpoint;

    /// <summary>Makes empty lists.</summary>
    /// <param name="endpoints">Number of endpoints; they are called 0 to this, exclusive.</param>
    /// <param name="clients">The most clients of all lists together.</param>
    /// <param name="clientsPerEndpoint">The most clients of one list.</param>
    /// <param name="seed">Seed of the hash; 0 for a random one.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such number.</exception>
    public KubeProxyAffinity(int endpoints, int clients, int clientsPerEndpoint = DefaultClientsPerEndpoint, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(endpoints);
        ArgumentOutOfRangeException.ThrowIfLessThan(clientsPerEndpoint, 1);
        _places = seed == 0 ? new(clients) : new(clients, seed);
        _clients = new RecentClients<TAddress>(endpoints, clients);
        _perEndpoint = clientsPerEndpoint;
    }

    /// <summary>Clients in all lists, those whose time is over included.</summary>
    public int Count => _places.Count;

    /// <summary>Clients forgotten before their time because a list, or the memory, was full.</summary>
    public long Evictions { get; private set; }

    /// <summary>Clients not remembered because the memory was full of other endpoints' clients.</summary>
    public long Unremembered { get; private set; }

    /// <summary>The native memory in bytes; the lists have 32 bytes and a key more for each client.</summary>
    public long MemoryBytes => _places.MemoryBytes;

    /// <summary>
    /// The endpoint a client stays with, for a new connection: the first whose list has it within the timeout. Does not count as being seen:
    /// kube-proxy's rules do that on the endpoint's own chain (<see cref="Remember"/>), whoever chose it.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="endpoints">The service's endpoints, in the order of its rules.</param>
    /// <param name="nowMs">The time, of a clock that never goes back.</param>
    /// <param name="timeoutMs">The service's timeout.</param>
    /// <returns>The endpoint, or <see cref="NoEndpoint"/>.</returns>
    /// <exception cref="IndexOutOfRangeException">No such endpoint.</exception>
    public int Find(in TAddress client, ReadOnlySpan<int> endpoints, long nowMs, long timeoutMs)
    {
        foreach (int endpoint in endpoints)
        {
            if (_places.Lookup(KeyOf(client, endpoint), out int place) != MapError.Ok)
                continue;
            bool holds = _clients.SeenMs(place) >= nowMs - timeoutMs;
            int oldest = _clients.OldestOf(endpoint);
            if (_clients.SeenMs(oldest) < nowMs - timeoutMs)
                Forget(oldest);
            if (holds)
                return endpoint;
        }

        return NoEndpoint;
    }

    /// <summary>The endpoints that a burst of clients of one service stays with: the same as one by one.</summary>
    /// <param name="clients">The clients, any number.</param>
    /// <param name="endpoints">The service's endpoints, in the order of its rules.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="timeoutMs">The service's timeout.</param>
    /// <param name="chosen">Receives an endpoint or <see cref="NoEndpoint"/> for each client.</param>
    /// <exception cref="ArgumentException">Fewer places than clients.</exception>
    public void Find(ReadOnlySpan<TAddress> clients, ReadOnlySpan<int> endpoints, long nowMs, long timeoutMs, Span<int> chosen)
    {
        if (chosen.Length < clients.Length)
            Throw.Argument(nameof(chosen), "expected room for one endpoint a client");
        for (int i = 0; i < clients.Length; i++)
            chosen[i] = Find(clients[i], endpoints, nowMs, timeoutMs);
    }

    /// <summary>A new connection of the client goes to the endpoint: it is that list's latest now.</summary>
    /// <returns>False when there is no room and the endpoint's list has nobody to forget; counted in <see cref="Unremembered"/>.</returns>
    /// <exception cref="IndexOutOfRangeException">No such endpoint.</exception>
    public bool Remember(in TAddress client, int endpoint, long nowMs)
    {
        RawKey<AffinityKey<TAddress>> key = KeyOf(client, endpoint);
        if (_places.Lookup(key, out int known) == MapError.Ok)
        {
            _clients.Renew(known, nowMs);
            return true;
        }

        if (_clients.CountOf(endpoint) >= _perEndpoint || _clients.IsFull)
        {
            int oldest = _clients.OldestOf(endpoint);
            if (oldest < 0)
            {
                Unremembered++;
                return false;
            }

            Forget(oldest);
            Evictions++;
        }

        _places.Update(key, _clients.Add(key.Value, nowMs));
        return true;
    }

    /// <summary>The endpoint's rules went, and its list with them.</summary>
    /// <exception cref="IndexOutOfRangeException">No such endpoint.</exception>
    public void Clear(int endpoint)
    {
        for (int oldest = _clients.OldestOf(endpoint); oldest >= 0; oldest = _clients.OldestOf(endpoint))
            Forget(oldest);
    }

    /// <summary>Gives the memory back. Calling it twice is harmless.</summary>
    public void Dispose() => _places.Dispose();

    private void Forget(int place)
    {
        _places.Delete(new RawKey<AffinityKey<TAddress>>(_clients.KeyOf(place)));
        _clients.Remove(place);
    }

    private static RawKey<AffinityKey<TAddress>> KeyOf(in TAddress client, int endpoint) => new(new(client, (uint)endpoint));
}
