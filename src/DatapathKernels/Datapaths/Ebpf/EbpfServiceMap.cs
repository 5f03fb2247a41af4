using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Conntrack;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>Frontends by address, port and protocol, a map for each family (<c>cilium_lb4_services_v2</c>, <c>cilium_lb6_services_v2</c>).</summary>
/// <param name="capacityV4">Frontends of IPv4.</param>
/// <param name="capacityV6">Frontends of IPv6.</param>
/// <param name="seed">Seed of the hashes; 0 for random ones.</param>
internal sealed unsafe class EbpfServiceMap(int capacityV4, int capacityV6, ulong seed) : IDisposable
{
    private readonly FlowMap<FlowKeyV4, EbpfServiceEntry> _v4 = seed == 0 ? new(capacityV4) : new(capacityV4, seed);
    private readonly FlowMap<FlowKeyV6, EbpfServiceEntry> _v6 = seed == 0 ? new(capacityV6) : new(capacityV6, seed);

    public int Count => _v4.Count + _v6.Count;

    public long MemoryBytes => _v4.MemoryBytes + _v6.MemoryBytes;

    /// <summary>The hash of the frontend a flow goes to; what <see cref="Find(in FlowKeyV6, ulong)"/> will read is asked of the memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Prepare(in FlowKeyV6 flow) => ConnectionKeys.IsV4(flow) ? _v4.Prepare(KeyV4(flow)) : _v6.Prepare(KeyV6(flow));

    /// <summary>The same without asking.</summary>
    public ulong HashOf(in FlowKeyV6 flow) => ConnectionKeys.IsV4(flow) ? _v4.HashOf(KeyV4(flow)) : _v6.HashOf(KeyV6(flow));

    /// <summary>The number of the frontend a flow goes to; -1 when it goes to none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in FlowKeyV6 flow, ulong hash)
    {
        EbpfServiceEntry* found = ConnectionKeys.IsV4(flow) ? _v4.Locate(KeyV4(flow), hash, out _) : _v6.Locate(KeyV6(flow), hash, out _);
        return found == null ? -1 : found->Number;
    }

    /// <summary>The frontends that IPv4 flows go to, or none.</summary>
    /// <param name="flows">At most 64 of them.</param>
    /// <param name="keys">Room for a key each.</param>
    /// <param name="found">Receives one entry a flow.</param>
    public void Find(ReadOnlySpan<FlowKeyV4> flows, Span<FlowKeyV4> keys, Span<EbpfServiceEntry> found)
    {
        for (int i = 0; i < flows.Length; i++)
            keys[i] = KeyV4(flows[i]);
        _v4.LookupBurst(keys[..flows.Length], found);
    }

    /// <summary>Adds a frontend, or says something else of it.</summary>
    public MapError Set(in FlowKeyV6 flow, EbpfServiceEntry entry) => ConnectionKeys.IsV4(flow) ? _v4.Update(KeyV4(flow), entry) : _v6.Update(KeyV6(flow), entry);

    /// <summary>Takes one out.</summary>
    /// <returns>False when it was not there.</returns>
    public bool TryRemove(in FlowKeyV6 flow, out int number)
    {
        MapError error = ConnectionKeys.IsV4(flow) ? _v4.LookupAndDelete(KeyV4(flow), out EbpfServiceEntry value) : _v6.LookupAndDelete(KeyV6(flow), out value);
        number = value.Number;
        return error == MapError.Ok;
    }

    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV4 KeyV4(in FlowKeyV6 flow) => KeyV4(ConnectionKeys.ToV4(flow));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV4 KeyV4(in FlowKeyV4 flow) =>
        Unsafe.BitCast<Vector128<byte>, FlowKeyV4>(Unsafe.BitCast<FlowKeyV4, Vector128<byte>>(flow) & Vector128.Create(0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 255, 0, 0, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV6 KeyV6(in FlowKeyV6 flow) => new(default, flow.Destination, 0, flow.DestinationPortBe, flow.Protocol);
}
