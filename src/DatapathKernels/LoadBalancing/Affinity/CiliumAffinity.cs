using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Session affinity by client address as Cilium keeps it (<c>bpf/lib/lb.h</c>): a map from client and service to a backend and the second of
/// its last use, and a set of which backend belongs to which service.
/// </summary>
/// <remarks>
/// <para>
/// A client keeps its backend while each new connection comes sooner than the service's timeout after the one before: every use counts anew. At
/// the timeout, or when the backend left the service, the entry goes and the caller chooses again and calls <see cref="Remember"/>.
/// </para>
/// <para>
/// <b>What differs.</b> Cilium's map evicts its least recently used entry when full; this one by <see cref="ClockFlowMap{TKey, TValue}"/>, which
/// comes close. One thread at a time; nothing is allocated after construction.
/// </para>
/// </remarks>
/// <typeparam name="TAddress">The client's address as on the wire: <see cref="uint"/>, or <see cref="Packets.IPv6Address"/>.</typeparam>
public sealed class CiliumAffinity<TAddress> : IDisposable
    where TAddress : unmanaged
{
    /// <summary>Cilium's default number of entries.</summary>
    public const int DefaultClients = 65_536;

    /// <summary>What a lookup answers when the client has no backend that holds.</summary>
    public const int NoBackend = -1;

    private const int MostInBurst = ClockFlowMap<RawKey<AffinityKey<TAddress>>, AffinityUse>.MaxBurst;

    private readonly ClockFlowMap<RawKey<AffinityKey<TAddress>>, AffinityUse> _uses;
    private readonly FlowMap<RawKey<ulong>, byte> _members;

    /// <summary>Makes an empty memory.</summary>
    /// <param name="clients">The most pairs of client and service.</param>
    /// <param name="members">The most pairs of service and backend.</param>
    /// <param name="seed">Seed of the hashes; 0 for a random one.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity, or more memory than the machine has.</exception>
    public CiliumAffinity(int clients = DefaultClients, int members = DefaultClients, ulong seed = 0)
    {
        _uses = seed == 0 ? new(clients) : new(clients, seed);
        try
        {
            _members = seed == 0 ? new(members) : new(members, seed);
        }
        catch
        {
            _uses.Dispose();
            throw;
        }
    }

    /// <summary>Pairs of client and service remembered now, those whose time is over included: they go when they are asked for.</summary>
    public int Count => _uses.Count;

    /// <summary>Pairs evicted so far because the memory was full.</summary>
    public long Evictions => _uses.Evictions;

    /// <summary>All of its native memory in bytes.</summary>
    public long MemoryBytes => _uses.MemoryBytes + _members.MemoryBytes;

    /// <summary>A backend belongs to a service from now on.</summary>
    /// <returns><see cref="MapError.Ok"/>, or <see cref="MapError.TooBig"/> when there is no room for the pair.</returns>
    public MapError AddBackend(uint service, int backend) => _members.Update(Pair(service, backend), 0);

    /// <summary>A backend no longer belongs to a service: its clients choose anew.</summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    public MapError RemoveBackend(uint service, int backend) => _members.Delete(Pair(service, backend));

    /// <summary>The backend a client stays with, for a new connection of it; that counts as a use.</summary>
    /// <param name="client">The client.</param>
    /// <param name="service">The service's number.</param>
    /// <param name="nowSeconds">The time, of a clock that never goes back.</param>
    /// <param name="timeoutSeconds">The service's timeout.</param>
    /// <returns>The backend, or <see cref="NoBackend"/>: choose one and call <see cref="Remember"/>.</returns>
    public int Find(in TAddress client, uint service, uint nowSeconds, uint timeoutSeconds)
    {
        RawKey<AffinityKey<TAddress>> key = KeyOf(client, service);
        return _uses.Lookup(key, out AffinityUse use) == MapError.Ok ? Judge(key, use, nowSeconds, timeoutSeconds) : NoBackend;
    }

    /// <summary>The backends a burst of clients of one service stays with: the same as one by one.</summary>
    /// <param name="clients">The clients, any number.</param>
    /// <param name="service">The service's number.</param>
    /// <param name="nowSeconds">The time.</param>
    /// <param name="timeoutSeconds">The service's timeout.</param>
    /// <param name="backends">Receives a backend or <see cref="NoBackend"/> for each client.</param>
    /// <exception cref="ArgumentException">Fewer places than clients.</exception>
    public void Find(ReadOnlySpan<TAddress> clients, uint service, uint nowSeconds, uint timeoutSeconds, Span<int> backends)
    {
        if (backends.Length < clients.Length)
            Throw.Argument(nameof(backends), "expected room for one backend a client");
        Span<RawKey<AffinityKey<TAddress>>> keys = stackalloc RawKey<AffinityKey<TAddress>>[MostInBurst];
        Span<AffinityUse> uses = stackalloc AffinityUse[MostInBurst];
        for (; !clients.IsEmpty; clients = clients[Math.Min(MostInBurst, clients.Length)..])
        {
            int count = Math.Min(MostInBurst, clients.Length);
            for (int i = 0; i < count; i++)
                keys[i] = KeyOf(clients[i], service);
            ulong hits = _uses.LookupBurst(keys[..count], uses);
            for (int i = 0; i < count; i++)
                backends[i] = (hits >> i & 1) != 0 ? Judge(keys[i], uses[i], nowSeconds, timeoutSeconds) : NoBackend;
            backends = backends[count..];
        }
    }

    /// <summary>The client was sent to a backend.</summary>
    public void Remember(in TAddress client, uint service, int backend, uint nowSeconds) =>
        _uses.Update(KeyOf(client, service), new AffinityUse(backend, nowSeconds));

    /// <summary>Gives the memory back. Calling it twice is harmless.</summary>
    public void Dispose()
    {
        _uses.Dispose();
        _members.Dispose();
    }

    private int Judge(in RawKey<AffinityKey<TAddress>> key, in AffinityUse use, uint nowSeconds, uint timeoutSeconds)
    {
        bool isOver = (ulong)use.LastSeconds + timeoutSeconds <= nowSeconds;
        if (isOver || _members.Lookup(Pair(key.Value.Subject, use.Backend), out _) != MapError.Ok)
        {
            _uses.Delete(key);
            return NoBackend;
        }

        if (use.LastSeconds != nowSeconds)
            _uses.Update(key, new AffinityUse(use.Backend, nowSeconds));
        return use.Backend;
    }

    private static RawKey<AffinityKey<TAddress>> KeyOf(in TAddress client, uint service) => new(new(client, service));

    private static RawKey<ulong> Pair(uint service, int backend) => new(((ulong)service << 32) | (uint)backend);
}
