using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// An LRU map of flows, one for each family, as Cilium has them (<c>cilium_ct4_global</c>, <c>cilium_ct6_global</c>): IPv4's keys are 16 bytes there, and a bucket
/// of them two lines. Callers have one form of key for both, IPv4 mapped.
/// </summary>
/// <param name="capacityV4">Entries of IPv4.</param>
/// <param name="capacityV6">Entries of IPv6.</param>
/// <param name="seed">Seed of the hashes; 0 for random ones.</param>
internal sealed unsafe class EbpfFlowMap<TValue>(int capacityV4, int capacityV6, ulong seed) : IDisposable
    where TValue : unmanaged
{
    private readonly ClockFlowMap<FlowKeyV4, TValue> _v4 = seed == 0 ? new(capacityV4) : new(capacityV4, seed);
    private readonly ClockFlowMap<FlowKeyV6, TValue> _v6 = seed == 0 ? new(capacityV6) : new(capacityV6, seed);

    public int Count => _v4.Count + _v6.Count;

    /// <summary>Entries put in so far: while it stands still, entries stay where they are.</summary>
    public long Insertions { get; private set; }

    public long MemoryBytes => _v4.MemoryBytes + _v6.MemoryBytes;

    /// <summary>The hash of a key, for <see cref="Touch"/>; what that will read is asked of the memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Prepare(in FlowKeyV6 key) => ConnectionKeys.IsV4(key) ? _v4.Prepare(ConnectionKeys.ToV4(key)) : _v6.Prepare(key);

    /// <summary>The hash of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong HashOf(in FlowKeyV6 key) => ConnectionKeys.IsV4(key) ? _v4.HashOf(ConnectionKeys.ToV4(key)) : _v6.HashOf(key);

    /// <summary>The value of a key, to be read and written in place until the next insertion, or null; a use of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TValue* Touch(in FlowKeyV6 key, ulong hash) => ConnectionKeys.IsV4(key) ? _v4.Touch(ConnectionKeys.ToV4(key), hash) : _v6.Touch(key, hash);

    /// <summary>The same, and no use of it.</summary>
    public TValue* Locate(in FlowKeyV6 key, ulong hash) => ConnectionKeys.IsV4(key) ? _v4.Locate(ConnectionKeys.ToV4(key), hash, out _) : _v6.Locate(key, hash, out _);

    /// <summary><see cref="Prepare(in FlowKeyV6)"/> of an IPv4 flow whose entry was probably marked a short while ago.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Prepare(in FlowKeyV4 key) => _v4.PrepareEntry(key);

    /// <summary>The same of many flows.</summary>
    public void Prepare(ReadOnlySpan<FlowKeyV4> keys, Span<ulong> hashes) => _v4.PrepareEntries(keys, hashes);

    /// <summary>The value of an IPv4 flow, to be read and written in place until the next insertion, or null; no use of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TValue* Locate(in FlowKeyV4 key, ulong hash, out nuint place) => _v4.Locate(key, hash, out place);

    /// <inheritdoc cref="ClockFlowMap{TKey, TValue}.Hours"/>
    public long Hours => _v4.Hours;

    /// <summary>A use of the entry at a place that was told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Use(nuint place) => _v4.Use(place);

    /// <inheritdoc cref="ClockFlowMap{TKey, TValue}.PrepareMarks"/>
    public void PrepareMarks(ulong hash) => _v4.PrepareMarks(hash);

    /// <inheritdoc cref="ClockFlowMap{TKey, TValue}.PrepareRoom"/>
    public void PrepareRoom(ulong hash) => _v4.PrepareRoom(hash);

    /// <summary>Puts an IPv4 flow in that is not there; the least used one goes when there is no room.</summary>
    public void Add(in FlowKeyV4 key, ulong hash, in TValue value)
    {
        Insertions++;
        _v4.Add(key, hash, value);
    }

    /// <summary>The value of a key; a use of it.</summary>
    public bool TryFind(in FlowKeyV6 key, out TValue value) =>
        (ConnectionKeys.IsV4(key) ? _v4.Lookup(ConnectionKeys.ToV4(key), out value) : _v6.Lookup(key, out value)) == MapError.Ok;

    /// <summary>True for a key that is there; no use of it.</summary>
    public bool Contains(in FlowKeyV6 key) =>
        (ConnectionKeys.IsV4(key) ? _v4.Peek(ConnectionKeys.ToV4(key), out _) : _v6.Peek(key, out _)) == MapError.Ok;

    /// <summary>Puts an entry in, or gives one another value; the least used one goes when there is no room.</summary>
    public void Update(in FlowKeyV6 key, in TValue value)
    {
        Insertions++;
        if (ConnectionKeys.IsV4(key))
            _v4.Update(ConnectionKeys.ToV4(key), value);
        else
            _v6.Update(key, value);
    }

    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }
}
