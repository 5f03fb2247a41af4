using System.Runtime.CompilerServices;
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
        if (HasReply(connection))
            Prefetch(connection.Reply, 0);
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
        IpvsFound found = FoundIn(Get(packet, 0));
        isReply = found.IsReply;
        return found.Id;
    }

    public override int FindTemplate(in IpvsTuple template, bool ofMark) => (int)(uint)Get(template, ofMark ? MarkZone : TemplateZone) - 1;

    [SkipLocalsInit]
    public override unsafe void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6, Span<IpvsFound> found)
    {
        ulong* hashes = stackalloc ulong[PacketBurst.MaxCount];
        int count = Math.Min(infos.Length, PacketBurst.MaxCount);
        for (int i = 0; i < count; i++)
        {
            // SAFE (here and below): count is at most the words taken
            if ((infos[i].Flags & PacketFlags.Ipv4) != 0)
                hashes[i] = _v4?.Prepare(v4[i]) ?? 0;
            else
                hashes[i] = _v6?.Prepare(v6[i]) ?? 0;
        }

        for (int i = 0; i < count; i++)
        {
            bool ipv4 = (infos[i].Flags & PacketFlags.Ipv4) != 0;

            // A caller's zones are nothing to IPVS, and the table's own are no packet's.
            if ((ipv4 ? v4[i].Zone : v6[i].Zone) != 0)
            {
                found[i] = Find(infos[i], v4[i], v6[i]);
                continue;
            }

            ulong* entry = ipv4 ? Locate(_v4, v4[i], hashes[i]) : Locate(_v6, v6[i], hashes[i]);
            found[i] = entry == null ? default : FoundIn(*entry);
        }

        Prefetch(found[..count]);
    }

    public override void PrefetchRemoval(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        Prefetch(connection.Request, ZoneOf(connection));
        if (HasReply(connection))
            Prefetch(connection.Reply, 0);
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

    private static IpvsFound FoundIn(ulong entry) => entry >> 32 != 0 ? IpvsFound.Of((int)(entry >> 32) - 1, true) : IpvsFound.Of((int)(uint)entry - 1, false);

    private static unsafe ulong* Locate<TKey>(FlowMap<TKey, ulong>? map, in TKey key, ulong hash)
        where TKey : unmanaged, IFlowKey<TKey> => map == null ? null : map.Locate(key, hash, out _);

    private void Prefetch(in IpvsTuple tuple, ushort zone)
    {
        if (tuple.IsV6)
            _v6!.Prepare(KeyV6(tuple, zone));
        else
            _v4!.Prepare(KeyV4(tuple, zone));
    }

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
