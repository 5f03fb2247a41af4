using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The project's own index. A client's packet is found by its tuple's tag (<see cref="PlaceTags"/>), which says where in the store its connection lies: one line
/// of the memory a packet. A server's is found by a map of replies: two lines.
/// </summary>
/// <remarks>
/// The kernel asks for replies first. Here requests are, because a connection whose requests look like another's replies is known to be
/// <see cref="IpvsConnectionFlags.Contested"/>: all others need not ask.
/// </remarks>
internal sealed partial class FlowTableIndex : IpvsConnectionIndex
{
    // Kinds of tuples, which keep templates apart from connections.
    private const ulong OfTemplate = 1, OfMark = 2;

    private readonly PlaceTags _tags;

    // Where replies come from, and where requests go: to rule out, for a new client's packet, what it hardly ever is.
    private readonly EndpointFilter _sources, _destinations;
    private readonly IpvsTupleHash _hash;

    /// <summary>Makes the store too, as it is the tags that say how many places there are.</summary>
    public FlowTableIndex(int capacity, uint seed)
        : this(capacity, seed, new PlaceTags(capacity))
    {
    }

    private FlowTableIndex(int capacity, uint seed, PlaceTags tags)
        : base(new IpvsConnectionStore(capacity, tags.Places))
    {
        _tags = tags;
        _sources = new EndpointFilter(capacity);
        _destinations = new EndpointFilter(capacity);
        _hash = new IpvsTupleHash(seed);
        _replies = new(capacity, seed);
    }

    public override long MemoryBytes => _tags.MemoryBytes + _replies.MemoryBytes + _sources.MemoryBytes + _destinations.MemoryBytes;

    public override int Take(in IpvsTuple request, IpvsConnectionFlags kind)
    {
        return Store.IsFull ? IpvsConnection.None : Take(_hash.Of(request, KindOf(kind)));
    }

    /// <summary>A place for the connection of a packet of the burst begun last. There must be room.</summary>
    public int TakeFor(int packet) => Take(_hashes[packet]);

    private int Take(ulong hash)
    {
        int id = _tags.Add(hash);
        Store.Claim(id);
        NoteNew(hash);
        return id;
    }

    public override void Insert(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        if (!connection.HasReply)
            return;
        bool ipv6 = connection.Has(IpvsConnectionFlags.V6);
        _destinations.Add(ipv6 ? EndpointFilter.WordOf(connection.Virtual, true) : connection.VirtualV4, connection.VirtualPortBe);
        if (connection.Forwarding == ForwardingMode.Nat)
            _sources.Add(ipv6 ? EndpointFilter.WordOf(connection.Real, true) : connection.RealV4, connection.RealPortBe);
        else
            _sources.Add(ipv6 ? EndpointFilter.WordOf(connection.Virtual, true) : connection.VirtualV4, connection.VirtualPortBe);
        InsertReplyLater(id, HashOfReply(connection));
    }

    public override void Remove(int id)
    {
        SettleReplies();
        ref IpvsConnection connection = ref Store[id];
        if (connection.HasReply)
            RemoveReply(id, ref connection);
        _tags.Remove(id, HashOf(connection));
        Store.Free(id);
        _removals++;
    }

    public override int Find(in IpvsTuple packet, out bool isReply)
    {
        SettleReplies();
        ulong hash = _hash.Of(packet);
        int request = FindRequest(packet, hash);
        isReply = false;
        if (request != IpvsConnection.None && !Store[request].Has(IpvsConnectionFlags.Contested))
            return request;
        int reply = FindReply(packet, hash);
        isReply = reply != IpvsConnection.None;
        return isReply ? reply : request;
    }

    public override int FindTemplate(in IpvsTuple template, bool ofMark)
    {
        PlaceTags.TagSearch search = _tags.Search(_hash.Of(template, ofMark ? OfMark : OfTemplate));
        while (true)
        {
            int id = search.Next();
            if (id == IpvsConnection.None || IsTemplate(id, template, ofMark))
                return id;
        }
    }

    public override void PrefetchRemoval(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        _tags.Prefetch(_tags.HomeOf(HashOf(connection)));
        if (connection.HasReply)
            _replies.Prepare(new(ReplyWord(HashOfReply(connection))));
    }

    public override void Sample(ref SplitMix random, List<int> into)
    {
        int places = _tags.Places, first = random.Next(places);
        for (int i = 0; i < (places + 31) / 32; i++)
        {
            int id = (first + i) % places;
            if (Store[id].Has(IpvsConnectionFlags.Live))
                into.Add(id);
        }
    }

    public override void Dispose()
    {
        _tags.Dispose();
        _replies.Dispose();
        base.Dispose();
    }

    private int FindRequest(in IpvsTuple packet, ulong hash)
    {
        PlaceTags.TagSearch search = _tags.Search(hash);
        while (true)
        {
            int id = search.Next();
            if (id == IpvsConnection.None || Store[id].IsRequest(packet))
                return id;
        }
    }

    private ulong HashOf(in IpvsConnection connection) => connection.Has(IpvsConnectionFlags.V6)
        ? _hash.Of(connection.Request, KindOf(connection.Flags))
        : _hash.Of(new FlowKeyV4(connection.ClientV4, connection.VirtualV4, connection.ClientPortBe, connection.VirtualPortBe, connection.Protocol), KindOf(connection.Flags));

    private ulong HashOfReply(in IpvsConnection connection)
    {
        if (connection.Has(IpvsConnectionFlags.V6))
            return _hash.Of(connection.Reply);
        bool isNat = connection.Forwarding == ForwardingMode.Nat;
        return _hash.Of(new FlowKeyV4(
            isNat ? connection.RealV4 : connection.VirtualV4, connection.ClientV4, isNat ? connection.RealPortBe : connection.VirtualPortBe, connection.ClientPortBe, connection.Protocol));
    }

    private static ulong KindOf(IpvsConnectionFlags flags) =>
        (flags & IpvsConnectionFlags.Template) == 0 ? 0 : (flags & IpvsConnectionFlags.OfMark) != 0 ? OfMark : OfTemplate;
}
