namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The kernel's table (<c>ip_vs_conn.c</c>): 2^bits chains by the client's side of a connection, latest first. A reply is
/// looked up by its destination, which is the client.
/// </summary>
internal sealed class KernelChainIndex : IpvsConnectionIndex
{
    private readonly int[] _heads;
    private readonly uint _seed;

    public KernelChainIndex(IpvsConnectionStore store, int bits, uint seed)
        : base(store)
    {
        _heads = new int[1 << bits];
        Array.Fill(_heads, IpvsConnection.None);
        _seed = seed;
    }

    public override long MemoryBytes => (long)_heads.Length * sizeof(int);

    public override void Insert(int id)
    {
        ref int head = ref HeadOf(Store[id].Request);
        Store[id].Next = head;
        head = id;
    }

    public override void Remove(int id)
    {
        ref int link = ref HeadOf(Store[id].Request);
        while (link != id && link != IpvsConnection.None)
            link = ref Store[link].Next;
        if (link == id)
            link = Store[id].Next;
    }

    public override int Find(in IpvsTuple packet, out bool isReply)
    {
        IpvsTuple reversed = packet.Reversed;
        isReply = true;
        for (int id = HeadOf(reversed); id != IpvsConnection.None; id = Store[id].Next)
        {
            ref IpvsConnection connection = ref Store[id];
            if (connection.Forwarding == ForwardingMode.Nat && !connection.Has(IpvsConnectionFlags.Template) && connection.Reply == packet)
                return id;
        }

        isReply = false;
        for (int id = HeadOf(packet); id != IpvsConnection.None; id = Store[id].Next)
        {
            if (!Store[id].Has(IpvsConnectionFlags.Template) && Store[id].Request == packet)
                return id;
        }

        return IpvsConnection.None;
    }

    public override int FindTemplate(in IpvsTuple template, bool ofMark)
    {
        int id = HeadOf(template);
        while (id != IpvsConnection.None && !IsTemplate(id, template, ofMark))
            id = Store[id].Next;
        return id;
    }

    public override void Sample(ref SplitMix random, List<int> into)
    {
        for (int looked = 0; looked < _heads.Length / 32; looked++)
        {
            for (int id = _heads[random.Next(_heads.Length)]; id != IpvsConnection.None; id = Store[id].Next)
                into.Add(id);
        }
    }

    private ref int HeadOf(in IpvsTuple tuple) =>
        ref _heads[IpvsHash.Connection(tuple.Source, tuple.IsV6, tuple.SourcePortBe, tuple.Protocol, _seed) & (uint)(_heads.Length - 1)];
}
