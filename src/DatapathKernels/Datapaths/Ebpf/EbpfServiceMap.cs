using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>The numbers of frontends by address, port and protocol, a map for each family (<c>cilium_lb4_services_v2</c>, <c>cilium_lb6_services_v2</c>).</summary>
/// <param name="capacityV4">Frontends of IPv4.</param>
/// <param name="capacityV6">Frontends of IPv6.</param>
/// <param name="seed">Seed of the hashes; 0 for random ones.</param>
internal sealed unsafe class EbpfServiceMap(int capacityV4, int capacityV6, ulong seed) : IDisposable
{
    private readonly FlowMap<FlowKeyV4, long> _v4 = seed == 0 ? new(capacityV4) : new(capacityV4, seed);
    private readonly FlowMap<FlowKeyV6, long> _v6 = seed == 0 ? new(capacityV6) : new(capacityV6, seed);

    public int Count => _v4.Count + _v6.Count;

    public long MemoryBytes => _v4.MemoryBytes + _v6.MemoryBytes;

    /// <summary>The hash of the frontend a flow goes to; what <see cref="Find"/> will read is asked of the memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Prepare(in FlowKeyV6 flow) => ConnectionKeys.IsV4(flow) ? _v4.Prepare(KeyV4(flow)) : _v6.Prepare(KeyV6(flow));

    /// <summary>The same without asking.</summary>
    public ulong HashOf(in FlowKeyV6 flow) => ConnectionKeys.IsV4(flow) ? _v4.HashOf(KeyV4(flow)) : _v6.HashOf(KeyV6(flow));

    /// <summary>The number of the frontend a flow goes to; -1 when it goes to none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in FlowKeyV6 flow, ulong hash)
    {
        long* found = ConnectionKeys.IsV4(flow) ? _v4.Locate(KeyV4(flow), hash, out _) : _v6.Locate(KeyV6(flow), hash, out _);
        return found == null ? -1 : (int)*found;
    }

    /// <summary>Adds a frontend.</summary>
    public MapError Add(in FlowKeyV6 flow, int number) => ConnectionKeys.IsV4(flow) ? _v4.Update(KeyV4(flow), number) : _v6.Update(KeyV6(flow), number);

    /// <summary>Takes one out.</summary>
    /// <returns>False when it was not there.</returns>
    public bool TryRemove(in FlowKeyV6 flow, out int number)
    {
        MapError error = ConnectionKeys.IsV4(flow) ? _v4.LookupAndDelete(KeyV4(flow), out long value) : _v6.LookupAndDelete(KeyV6(flow), out value);
        number = (int)value;
        return error == MapError.Ok;
    }

    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV4 KeyV4(in FlowKeyV6 flow)
    {
        FlowKeyV4 key = ConnectionKeys.ToV4(flow);
        return new FlowKeyV4(0, key.DestinationBe, 0, key.DestinationPortBe, key.Protocol);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV6 KeyV6(in FlowKeyV6 flow) => new(default, flow.Destination, 0, flow.DestinationPortBe, flow.Protocol);
}
