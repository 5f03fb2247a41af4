using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The kernel's table (<c>ip_vs_conn.c</c>): 2^bits chains by the client's side of a connection, latest first. A reply is
/// looked up by its destination, which is the client.
/// </summary>
internal sealed class KernelChainIndex : IpvsConnectionIndex
{
    private readonly int[] _heads;
    private readonly uint _seed;
    private readonly IpvsFound[] _found = new IpvsFound[PacketBurst.MaxCount];
    private bool _hasChanged;

    public KernelChainIndex(int capacity, int bits, uint seed)
        : base(new IpvsConnectionStore(capacity))
    {
        _heads = new int[1 << bits];
        Array.Fill(_heads, IpvsConnection.None);
        _seed = seed;
    }

    public override long MemoryBytes => (long)_heads.Length * sizeof(int);

    public override void Insert(int id)
    {
        _hasChanged = true;
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
        Store.Free(id);
        _hasChanged = true;
    }

    public override int Find(in IpvsTuple packet, out bool isReply)
    {
        IpvsTuple reversed = packet.Reversed;
        isReply = true;
        for (int id = HeadOf(reversed); id != IpvsConnection.None; id = Store[id].Next)
        {
            ref IpvsConnection connection = ref Store[id];
            if (connection.IsReply(packet))
                return id;
        }

        isReply = false;
        for (int id = HeadOf(packet); id != IpvsConnection.None; id = Store[id].Next)
        {
            if (Store[id].IsRequest(packet))
                return id;
        }

        return IpvsConnection.None;
    }

    public override unsafe void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        Span<(int AsReply, int AsRequest)> heads = stackalloc (int, int)[PacketBurst.MaxCount];
        heads = heads[..infos.Length];
        for (int i = 0; i < heads.Length; i++)
        {
            IpvsTuple packet = IpvsTuple.Of(infos[i], v4[i], v6[i]);
            heads[i] = (BucketOf(packet.Reversed), BucketOf(packet));

            // SAFE (both): a prefetch never faults, and where the array has been moved to meanwhile is worth no more than a miss
            Simd.Prefetch.Read(Unsafe.AsPointer(ref _heads[heads[i].AsReply]));
            Simd.Prefetch.Read(Unsafe.AsPointer(ref _heads[heads[i].AsRequest]));
        }

        foreach ((int asReply, int asRequest) in heads)
        {
            Store.Prefetch(_heads[asReply]);
            Store.Prefetch(_heads[asRequest]);
        }

        for (int i = 0; i < infos.Length; i++)
            _found[i] = Find(infos[i], v4[i], v6[i]);
        _hasChanged = false;
    }

    public override IpvsFound Found(int packet, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6) => _hasChanged ? Find(info, v4, v6) : _found[packet];

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

    private ref int HeadOf(in IpvsTuple tuple) => ref _heads[BucketOf(tuple)];

    private int BucketOf(in IpvsTuple tuple) =>
        (int)(IpvsHash.Connection(tuple.Source, tuple.IsV6, tuple.SourcePortBe, tuple.Protocol, _seed) & (uint)(_heads.Length - 1));
}
