using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The project's own index: a flow table keyed by whole packets' tuples. One entry says which connection has such requests
/// and which has such replies, so that either direction costs one lookup, and clients that share an address cost no chain.
/// </summary>
internal sealed class FlowTableIndex : IpvsConnectionIndex
{
    // Zones keep templates apart from connections.
    private const ushort TemplateZone = 1, MarkZone = 2;

    private readonly uint _seed;
    private FlowMap<FlowKeyV4, ulong>? _v4;
    private FlowMap<FlowKeyV6, ulong>? _v6;

    public FlowTableIndex(IpvsConnectionStore store, uint seed)
        : base(store)
    {
        _seed = seed;
    }

    public override long MemoryBytes => (_v4?.MemoryBytes ?? 0) + (_v6?.MemoryBytes ?? 0);

    // Every connection has a request and at most one reply tuple.
    private int Keys => (int)Math.Min(2L * Store.Capacity, FlowMap<FlowKeyV4, ulong>.MaxCapacity);

    public override void Prepare(bool ipv6)
    {
        if (ipv6)
            _v6 ??= new FlowMap<FlowKeyV6, ulong>(Keys, _seed);
        else
            _v4 ??= new FlowMap<FlowKeyV4, ulong>(Keys, _seed);
    }

    public override void Insert(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        ushort zone = ZoneOf(connection);
        if (!TryAdd(connection.Request, zone, (uint)(id + 1)))
            Put(connection.Request, zone, (Get(connection.Request, zone) & ~(ulong)uint.MaxValue) | (uint)(id + 1));
        if (!HasReply(connection) || TryAdd(connection.Reply, 0, (ulong)(uint)(id + 1) << 32))
            return;
        ulong entry = Get(connection.Reply, 0);
        connection.Next = (int)(entry >> 32) - 1;
        Put(connection.Reply, 0, (uint)entry | ((ulong)(uint)(id + 1) << 32));
    }

    public override void Remove(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        ushort zone = ZoneOf(connection);
        ulong entry = Take(connection.Request, zone);
        if ((uint)entry == (uint)(id + 1))
            entry &= ~(ulong)uint.MaxValue;
        if (entry != 0)
            Put(connection.Request, zone, entry);
        if (HasReply(connection))
            RemoveReply(id, ref connection);
    }

    private void RemoveReply(int id, ref IpvsConnection connection)
    {
        ulong entry = Take(connection.Reply, 0);
        int newest = (int)(entry >> 32) - 1;
        if (newest == id)
            entry = (uint)entry | ((ulong)(uint)(connection.Next + 1) << 32);
        if (entry != 0)
            Put(connection.Reply, 0, entry);
        while (newest != IpvsConnection.None && Store[newest].Next != id)
            newest = Store[newest].Next;
        if (newest != IpvsConnection.None)
            Store[newest].Next = connection.Next;
    }

    public override int Find(in IpvsTuple packet, out bool isReply)
    {
        ulong entry = Get(packet, 0);
        isReply = entry >> 32 != 0;
        return (int)(isReply ? entry >> 32 : (uint)entry) - 1;
    }

    public override int FindTemplate(in IpvsTuple template, bool ofMark) => (int)(uint)Get(template, ofMark ? MarkZone : TemplateZone) - 1;

    public override void Prefetch(in IpvsTuple packet)
    {
        if (packet.IsV6)
            _v6?.Prepare(packet.ToV6());
        else
            _v4?.Prepare(packet.ToV4());
    }

    public override void Sample(ref SplitMix random, List<int> into)
    {
        int places = Store.HighMark;
        int first = places == 0 ? 0 : random.Next(places);
        for (int i = 0; i < (places + 31) / 32; i++)
        {
            int id = (first + i) % places;
            if (Store[id].Has(IpvsConnectionFlags.Live))
                into.Add(id);
        }
    }

    public override void Dispose()
    {
        _v4?.Dispose();
        _v6?.Dispose();
        base.Dispose();
    }

    private static bool HasReply(in IpvsConnection connection) =>
        connection.Forwarding == ForwardingMode.Nat && !connection.Has(IpvsConnectionFlags.Template);

    private static ushort ZoneOf(in IpvsConnection connection) =>
        !connection.Has(IpvsConnectionFlags.Template) ? (ushort)0 : connection.Has(IpvsConnectionFlags.OfMark) ? MarkZone : TemplateZone;

    private ulong Get(in IpvsTuple tuple, ushort zone)
    {
        ulong entry = 0;
        if (tuple.IsV6)
            _v6?.Lookup(KeyV6(tuple, zone), out entry);
        else
            _v4?.Lookup(KeyV4(tuple, zone), out entry);
        return entry;
    }

    private bool TryAdd(in IpvsTuple tuple, ushort zone, ulong entry) => MapError.Ok == (tuple.IsV6
        ? _v6!.Update(KeyV6(tuple, zone), entry, MapUpdate.NoExist)
        : _v4!.Update(KeyV4(tuple, zone), entry, MapUpdate.NoExist));

    private void Put(in IpvsTuple tuple, ushort zone, ulong entry)
    {
        if (tuple.IsV6)
            _v6!.Update(KeyV6(tuple, zone), entry);
        else
            _v4!.Update(KeyV4(tuple, zone), entry);
    }

    private ulong Take(in IpvsTuple tuple, ushort zone)
    {
        ulong entry;
        if (tuple.IsV6)
            _v6!.LookupAndDelete(KeyV6(tuple, zone), out entry);
        else
            _v4!.LookupAndDelete(KeyV4(tuple, zone), out entry);
        return entry;
    }

    private static FlowKeyV4 KeyV4(in IpvsTuple tuple, ushort zone) =>
        new(IPv6Address.FirstWord(tuple.Source), IPv6Address.FirstWord(tuple.Destination), tuple.SourcePortBe, tuple.DestinationPortBe, tuple.Protocol, zone);

    private static FlowKeyV6 KeyV6(in IpvsTuple tuple, ushort zone) =>
        new(tuple.Source, tuple.Destination, tuple.SourcePortBe, tuple.DestinationPortBe, tuple.Protocol, zone);
}
