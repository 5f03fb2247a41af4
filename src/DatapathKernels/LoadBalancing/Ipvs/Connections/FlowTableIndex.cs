using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The project's own index. As in the kernel's, connections are found by their client, which a packet has as its source or, a reply, as its destination: one line of
/// <see cref="ChainHeads"/> names the latest connection of a client's address and port, which most often is the only one; the others hang behind it. So a connection costs
/// one line of the index, whichever side its packets come from.
/// </summary>
/// <remarks>
/// The kernel asks for replies first. Here requests are, because a connection whose requests look like another's replies is known to be
/// <see cref="IpvsConnectionFlags.Contested"/>: all others need not ask.
/// </remarks>
internal sealed partial class FlowTableIndex : IpvsConnectionIndex
{
    // Kinds of what is hashed, which keep templates apart from connections.
    private const ulong OfTemplate = 1, OfMark = 2;

    private readonly ChainHeads _heads;

    // Where requests go: to rule out, for a new connection, that its client is a service.
    private readonly EndpointFilter _destinations;
    private readonly ClientHash _hash;

    public FlowTableIndex(int capacity, uint seed)
        : base(new IpvsConnectionStore(capacity))
    {
        _heads = new ChainHeads(capacity);
        _destinations = new EndpointFilter(capacity);
        _hash = new ClientHash(seed);
    }

    public override long MemoryBytes => _heads.MemoryBytes + _destinations.MemoryBytes;

    public override void Insert(int id) => Insert(id, HashOf(Store[id]));

    /// <summary>As <see cref="Insert(int)"/>, of the connection that a packet of the burst begun last opened.</summary>
    public void InsertFor(int packet, int id) => Insert(id, _hashes[packet]);

    public override void Remove(int id)
    {
        ref IpvsConnection connection = ref Store[id];
        if (connection.Previous != IpvsConnection.None)
            Store[connection.Previous].Next = connection.Next;
        else if (connection.Next != IpvsConnection.None)
            _heads.Replace(HashOf(connection), id, connection.Next);
        else
            _heads.Remove(HashOf(connection), id);
        if (connection.Next != IpvsConnection.None)
            Store[connection.Next].Previous = connection.Previous;
        Store.Free(id);
    }

    public override int Find(in IpvsTuple packet, out bool isReply)
    {
        int request = FindRequest(packet);
        isReply = false;
        if (request != IpvsConnection.None && !Store[request].Has(IpvsConnectionFlags.Contested))
            return request;
        int reply = FindReply(packet);
        isReply = reply != IpvsConnection.None;
        return isReply ? reply : request;
    }

    public override int FindTemplate(in IpvsTuple template, bool ofMark)
    {
        ClientWalk walk = new(this, _hash.OfSource(template, ofMark ? OfMark : OfTemplate));
        int id = walk.Next();
        while (id != IpvsConnection.None && !IsTemplate(id, template, ofMark))
            id = walk.Next();
        return id;
    }

    public override void PrefetchRemoval(int id) => _heads.Prefetch(_heads.HomeOf(HashOf(Store[id])));

    public override void Sample(ref SplitMix random, List<int> into)
    {
        int first = random.Next(_heads.Lines);
        for (int i = 0; i < (_heads.Lines + 31) / 32; i++)
        {
            int line = (first + i) % _heads.Lines;
            for (int slot = 0; slot < ChainHeads.SlotsPerLine; slot++)
            {
                for (int id = _heads.HeadAt(line, slot); id != IpvsConnection.None; id = Store[id].Next)
                    into.Add(id);
            }
        }
    }

    public override void Dispose()
    {
        _heads.Dispose();
        base.Dispose();
    }

    private void Insert(int id, ulong hash)
    {
        ref IpvsConnection connection = ref Store[id];
        Chain(id, ref connection, hash);
        NoteNew(hash);
        if (!connection.HasReply)
            return;
        bool ipv6 = connection.Has(IpvsConnectionFlags.V6);
        _destinations.Add(ipv6 ? EndpointFilter.WordOf(connection.Virtual, true) : connection.VirtualV4, connection.VirtualPortBe);
        if (MayBeService(connection) && FindRequest(connection.Reply) is var contested && contested != IpvsConnection.None)
            Store[contested].Flags |= IpvsConnectionFlags.Contested;
    }

    /// <summary>Puts a connection before the others of its client.</summary>
    private void Chain(int id, ref IpvsConnection connection, ulong hash)
    {
        connection.Next = connection.Previous = IpvsConnection.None;
        ChainHeads.HeadSearch search = _heads.Search(hash);
        int head = search.Next();
        while (head != IpvsConnection.None && !connection.HasClientOf(Store[head]))
            head = search.Next();
        if (head == IpvsConnection.None)
        {
            _heads.Add(hash, id);
            return;
        }

        (connection.Next, Store[head].Previous) = (head, id);
        _heads.Replace(hash, head, id);
    }

    private int FindRequest(in IpvsTuple packet)
    {
        ClientWalk walk = new(this, _hash.OfSource(packet));
        int id = walk.Next();
        while (id != IpvsConnection.None && !Store[id].IsRequest(packet))
            id = walk.Next();
        return id;
    }

    private int FindReply(in IpvsTuple packet)
    {
        ClientWalk walk = new(this, _hash.OfSource(packet.Reversed));
        int id = walk.Next();
        while (id != IpvsConnection.None && !Store[id].IsReply(packet))
            id = walk.Next();
        return id;
    }

    /// <summary>False when no connection's requests go where this one's replies do: to its client.</summary>
    private bool MayBeService(in IpvsConnection connection) => connection.Has(IpvsConnectionFlags.V6)
        ? _destinations.MayHold(connection.Client, true, connection.ClientPortBe) : _destinations.MayHold(connection.ClientV4, connection.ClientPortBe);

    private ulong HashOf(in IpvsConnection connection) => connection.Has(IpvsConnectionFlags.V6)
        ? _hash.Of(connection.Client, connection.ClientPortBe, connection.Protocol, KindOf(connection.Flags))
        : _hash.Of(connection.ClientV4, connection.ClientPortBe, connection.Protocol, KindOf(connection.Flags));

    private static ulong KindOf(IpvsConnectionFlags flags) =>
        (flags & IpvsConnectionFlags.Template) == 0 ? 0 : (flags & IpvsConnectionFlags.OfMark) != 0 ? OfMark : OfTemplate;

    /// <summary>The connections whose client may have a hash; of each client the latest first.</summary>
    private ref struct ClientWalk(FlowTableIndex index, ulong hash)
    {
        private readonly IpvsConnectionStore _store = index.Store;
        private ChainHeads.HeadSearch _heads = index._heads.Search(hash);
        private int _id = IpvsConnection.None;

        /// <summary>The next one; <see cref="IpvsConnection.None"/> after the last.</summary>
        public int Next()
        {
            if (_id != IpvsConnection.None)
                _id = _store[_id].Next;
            if (_id == IpvsConnection.None)
                _id = _heads.Next();
            return _id;
        }
    }
}
